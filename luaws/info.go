package luaws

import (
	"net/http"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/tidewire/tidewire/engine"
)

// infoTable is the info argument of onOpen: a fresh table, in which what is not known is absent.
func infoTable(L *lua.LState, c *connection, info *engine.Info) *lua.LTable {
	table := L.CreateTable(0, 16)
	table.RawSetString("id", c.value)
	setText(table, "url", info.URL)
	setText(table, "protocol", info.Protocol)
	setText(table, "extensions", info.Extensions)
	setText(table, "remote", info.Remote)
	if info.HTTP != nil {
		table.RawSetString("http", httpTable(L, info.HTTP))
	}
	if info.TLS != nil {
		table.RawSetString("tls", tlsTable(L, info.TLS))
	}
	return table
}

// endTable is the info argument of onClose and onError.
func endTable(L *lua.LState, c *connection, end *engine.End) *lua.LTable {
	table := infoTable(L, c, &end.Info)
	setText(table, "phase", string(end.Phase))
	setText(table, "category", string(end.Category))
	setText(table, "detail", end.Detail)
	setNumber(table, "closeCode", end.CloseCode)
	table.RawSetString("retryable", lua.LBool(end.Retryable))
	table.RawSetString("unsent", tallyTable(L, end.Unsent))
	table.RawSetString("dropped", tallyTable(L, end.Dropped))
	return table
}

func httpTable(L *lua.LState, answer *engine.HTTPInfo) *lua.LTable {
	table := L.CreateTable(0, 5)
	setNumber(table, "status", answer.Status)
	table.RawSetString("headers", headersTable(L, answer.Header))
	setText(table, "body", answer.Body)
	setText(table, "location", answer.Location)
	if answer.RetryAfter != nil { // 0 means at once
		table.RawSetString("retryAfter", lua.LNumber(*answer.RetryAfter/time.Second))
	}
	return table
}

// headersTable has lower-case keys, and joins repeated values (RFC 9110 §5.3).
func headersTable(L *lua.LState, header http.Header) *lua.LTable {
	table := L.CreateTable(0, len(header))
	for name, values := range header {
		table.RawSetString(strings.ToLower(name), lua.LString(strings.Join(values, ", ")))
	}
	return table
}

func tlsTable(L *lua.LState, info *engine.TLSInfo) *lua.LTable {
	table := L.CreateTable(0, 6)
	setText(table, "version", info.Version)
	setText(table, "cipher", info.Cipher)
	setText(table, "subject", info.Subject)
	setText(table, "issuer", info.Issuer)
	if !info.Expires.IsZero() {
		setText(table, "expires", info.Expires.UTC().Format(time.RFC3339))
	}
	setText(table, "error", info.Error)
	return table
}

func tallyTable(L *lua.LState, tally engine.Tally) *lua.LTable {
	table := L.CreateTable(0, 2)
	table.RawSetString("messages", lua.LNumber(tally.Messages))
	table.RawSetString("bytes", lua.LNumber(tally.Bytes))
	return table
}

func setText(table *lua.LTable, key, text string) {
	if text != "" {
		table.RawSetString(key, lua.LString(text))
	}
}

func setNumber(table *lua.LTable, key string, number int) {
	if number != 0 {
		table.RawSetString(key, lua.LNumber(number))
	}
}
