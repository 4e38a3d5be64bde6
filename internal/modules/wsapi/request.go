package wsapi

import (
	"net/http"
	"time"

	"github.com/tidewire/tidewire/internal/api/luaapi"
	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/permission"
)

// requestFields and requestOptions are the fields that a table of ReadRequest may have: all, or
// those that are not the arguments of get and post.
var (
	requestFields  = luaapi.RequestFields
	requestOptions = luaapi.RequestOptions()
)

// ReadRequest reads the table that tide.http's request gets, as ReadOptions does. defaults
// are the client's. The error is as ReadOptions's.
func ReadRequest(table Table, limits permission.Limits, defaults httpclient.Request) (httpclient.Request, error) {
	request := request{httpclient.Request{NoBody: true}, false}
	if err := readTable("", table, requestFields, luaapi.RequestHeading, requestReaders, &request); err != nil {
		return httpclient.Request{}, err
	}
	if !request.hasURL {
		return httpclient.Request{}, badValue("url", string(String), string(Nil))
	}
	err := limitRequest(&request.Request, limits, defaults)
	return request.Request, err
}

// ReadRequestOptions is ReadRequest for the options of get and post; a nil table has none.
func ReadRequestOptions(
	table Table, limits permission.Limits, defaults httpclient.Request,
) (httpclient.Request, error) {
	request := request{httpclient.Request{NoBody: true}, false}
	if table != nil {
		if err := readTable("", table, requestOptions, luaapi.RequestHeading, requestReaders, &request); err != nil {
			return httpclient.Request{}, err
		}
	}
	err := limitRequest(&request.Request, limits, defaults)
	return request.Request, err
}

// request is a request while its table is read.
type request struct {
	httpclient.Request
	hasURL bool
}

var requestReaders = readers[request]{
	"url": func(field string, value Value, r *request) (err error) {
		r.hasURL = true
		r.URL, err = readString(field, value)
		return err
	},
	"method":  into(readMethod, func(r *request) *string { return &r.Method }),
	"headers": into(readRequestHeaders, func(r *request) *http.Header { return &r.Header }),
	"body": func(field string, value Value, r *request) (err error) {
		r.NoBody = false
		r.Body, err = readString(field, value)
		return err
	},
	"timeout": into(readSeconds, func(r *request) *time.Duration { return &r.Timeout }),
	"redirects": func(field string, value Value, r *request) (err error) {
		if r.Redirects, err = readCount(field, value); r.Redirects == 0 {
			r.Redirects = -1 // the client's word for none
		}
		return err
	},
	"maxBody": into(readBytes, func(r *request) *int64 { return &r.MaxBody }),
	"tls": func(field string, value Value, r *request) error {
		options, err := readTLS(field, value)
		r.TLS = httpclient.TLSOptions(options)
		return err
	},
	"proxy": into(readProxy, func(r *request) *string { return &r.Proxy }),
}

func readMethod(field string, value Value) (string, error) {
	const expected = "a method such as 'GET'"
	text, err := readString(field, value)
	if err != nil {
		return "", err
	}
	method, err := httpclient.CheckMethod(text)
	if err != nil {
		return "", badValue(field, expected, err.Error())
	}
	return method, nil
}

func readRequestHeaders(field string, value Value) (http.Header, error) {
	header, err := readHeaders(field, value)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		for _, value := range values {
			if err := httpclient.CheckHeader(name, value); err != nil {
				return nil, badValue(field, "a header that may be set", err.Error())
			}
		}
	}
	return header, nil
}

// FailureFields is the info table of a request that has failed.
func FailureFields(result *httpclient.Result) Fields {
	var fields Fields
	failed := result.Failure
	fields.setText("url", result.URL)
	fields.setText("phase", string(failed.Phase))
	fields.setText("category", string(failed.Category))
	fields.setText("detail", failed.Error())
	fields.set("retryable", result.Retryable())
	return fields
}

// HeaderFields is the table of an answer's header fields, as info.http has them.
func HeaderFields(header http.Header) Fields { return headerFields(header) }

// OptionName is the script's name for a field of engine.ConnectOptions, which requests have
// in common with connections.
func OptionName(field string) string { return optionName(field) }
