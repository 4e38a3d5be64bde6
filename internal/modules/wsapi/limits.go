package wsapi

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tidewire/tidewire/engine"
	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/permission"
)

// limitConnect refuses options of a connection that are beyond the embedder's limits, and
// lowers defaults to them. The error is an *OptionError.
func limitConnect(o *engine.ConnectOptions, limits permission.Limits, defaults engine.ConnectOptions) error {
	for _, size := range []struct {
		field           string
		value           *int64
		fallback, limit int64
	}{
		{"maxMessage", &o.MaxMessage, defaults.MaxMessage, limits.MaxMessage},
		{"sendQueue", &o.SendQueue, defaults.SendQueue, limits.SendQueue},
		{"receiveQueue", &o.ReceiveQueue, defaults.ReceiveQueue, limits.ReceiveQueue},
	} {
		if err := atMost(size.field, size.value, size.fallback, size.limit, showBytes, limits.Words); err != nil {
			return err
		}
	}
	if err := limitTimeouts(&o.Timeouts, limits, defaults.Timeouts); err != nil {
		return err
	}
	return limitWay(o.Proxy, o.TLS.Insecure, limits)
}

// limitTimeouts names the phase of a timeout, unless one number was given for all.
func limitTimeouts(t *engine.Timeouts, limits permission.Limits, defaults engine.Timeouts) error {
	all := *t == engine.Timeouts{TCP: t.TCP, TLS: t.TCP, Handshake: t.TCP, Closing: t.TCP}
	for _, timeout := range []struct {
		phase    string
		value    *time.Duration
		fallback time.Duration
	}{
		{"tcp", &t.TCP, defaults.TCP},
		{"tls", &t.TLS, defaults.TLS},
		{"handshake", &t.Handshake, defaults.Handshake},
		{"closing", &t.Closing, defaults.Closing},
	} {
		field := "timeout"
		if !all {
			field += "." + timeout.phase
		}
		if err := atMost(field, timeout.value, timeout.fallback, limits.Timeout, showSeconds, limits.Words); err != nil {
			return err
		}
	}
	return nil
}

// limitRequest is limitConnect for a request.
func limitRequest(r *httpclient.Request, limits permission.Limits, defaults httpclient.Request) error {
	if err := atMost("timeout", &r.Timeout, defaults.Timeout, limits.Timeout, showSeconds, limits.Words); err != nil {
		return err
	}
	if err := atMost("maxBody", &r.MaxBody, defaults.MaxBody, limits.MaxBody, showBytes, limits.Words); err != nil {
		return err
	}
	return limitWay(r.Proxy, r.TLS.Insecure, limits)
}

// limitWay refuses options about the way to a server. A proxy's URL may have a password,
// which no text shows.
func limitWay(proxy string, insecure bool, limits permission.Limits) error {
	switch {
	case limits.ForbidProxy && proxy == direct:
		return beyond("proxy", "nil", "false", limits.Words)
	case limits.ForbidProxy && proxy != "":
		return beyond("proxy", "nil", "string", limits.Words)
	case limits.ForbidInsecure && insecure:
		return beyond("tls.insecure", "false", "true", limits.Words)
	}
	return nil
}

// atMost refuses a value above its limit. Without a value, which is 0, it sets the limit if
// the default is above. A limit of 0 is none.
func atMost[T ~int64](field string, value *T, fallback, limit T, show func(T) string, words permission.Words) error {
	switch {
	case limit <= 0:
	case *value > limit:
		return beyond(field, "at most "+show(limit), show(*value), words)
	case *value == 0 && fallback > limit:
		*value = limit
	}
	return nil
}

// showBytes shows a size as the script gives it; readBytes has replaced the largest ones.
func showBytes(bytes int64) string {
	text := strconv.FormatInt(bytes, 10)
	if bytes >= maxBytes {
		text += " or more"
	}
	return text
}

// showSeconds shows a duration as the script gives it; readDuration has replaced the longest
// ones.
func showSeconds(d time.Duration) string {
	text := formatNumber(d.Seconds())
	if d >= maxSeconds*time.Second {
		text += " or more"
	}
	return text
}

// beyond is the error of a value beyond the limits.
func beyond(field, expected, got string, words permission.Words) *OptionError {
	refusal := permission.Refusal{Permission: permission.Option, Item: field, Rule: expected}
	return &OptionError{fmt.Sprintf("%v: %s", badValue(field, expected, got), words.OrPlain()(refusal, permission.Bare))}
}
