package luaapi

import "slices"

// RequestHeading is the heading of RequestFields in the manual.
const RequestHeading = "tide.http"

const (
	onDoneType = "fun(response: tidewire.HTTP.Response?, message: string?, info: tidewire.HTTP.Failure?)"

	// answerTypes are the results of a request that waits, and the one of a request that
	// does not.
	answerTypes = "tidewire.HTTP.Response|tidewire.Handle|nil, string?, tidewire.HTTP.Failure?"
)

var getOptions = Param{Name: "options", Type: "tidewire.HTTP.Options", Optional: true, Options: RequestOptions(),
	Heading: RequestHeading}

// OnDone is the name of a last parameter: without it the function waits.
const OnDone = "onDone"

var onDone = Param{Name: OnDone, Type: onDoneType, Optional: true,
	Doc: "a function as last argument: it is called with the results, and the call does not wait"}

var http = Module{
	Name: "tide.http", Loadable: true,
	Doc: "HTTP requests. Misuse raises; the network's failures are `nil, message, info`, and any status is a response.",
	Functions: []Function{
		{Name: "request", Returns: answerTypes,
			Doc: "makes the request that the table describes",
			Params: []Param{{Name: "request", Type: "tidewire.HTTP.Request", Options: RequestFields,
				Heading: RequestHeading}, onDone}},
		{Name: "get", Returns: answerTypes,
			Doc: "a request with `GET`",
			Params: []Param{{Name: "url", Type: "string"},
				getOptions, onDone}},
		{Name: "post", Returns: answerTypes,
			Doc: "a request with `POST`",
			Params: []Param{{Name: "url", Type: "string"}, {Name: "body", Type: "string"},
				getOptions, onDone}},
	},
}

// RequestFields are the fields of the table that request gets.
var RequestFields = []Field{
	{Name: "url", Type: "string", Doc: "`http://` or `https://`; the one field that must be there"},
	{Name: "method", Type: "string", Default: `"GET"`, Doc: "any but `CONNECT`"},
	{Name: "headers", Type: "table<string, string|string[]>",
		Doc: "header fields: `{Name = \"value\"}`; a list as value repeats the field. The fields that frame the " +
			"request are the client's own"},
	{Name: "body", Type: "string", Doc: "any bytes"},
	{Name: "timeout", Type: "number", Default: "30",
		Doc: "seconds for all of it: the wait for its turn, redirects and the whole body included"},
	{Name: "redirects", Type: "integer", Default: "10",
		Doc: "how many redirects to follow; one more fails. 0: a redirect is the response"},
	{Name: "maxBody", Type: "integer", Default: "32000000",
		Doc: "largest body accepted, in bytes, after decompressing; a larger one fails"},
	{Name: "tls", Type: "tidewire.Options.TLS", Fields: OptionNamed("tls").Fields, Doc: "table: as for `Connect`"},
	{Name: "proxy", Type: "string|false", Default: `""`,
		Doc: "URL of the proxy to go through, or `false`: as for `Connect`"},
}

// RequestOptions are the fields of the options of get and post: of those of a request all
// that are not arguments.
func RequestOptions() []Field {
	return slices.DeleteFunc(slices.Clone(RequestFields), func(f Field) bool {
		return f.Name == "url" || f.Name == "method" || f.Name == "body"
	})
}

// ResponseFields are the fields of a response.
var ResponseFields = []Field{
	{Name: "status", Type: "integer", Doc: "the status, such as 200"},
	{Name: "ok", Type: "boolean", Doc: "whether it is one from 200 to 299"},
	{Name: "headers", Type: "table<string, string>",
		Doc: "keys in lower case, repeated values joined by `\", \"`"},
	{Name: "cookies", Type: "string[]", Doc: "list of the values of `Set-Cookie`, each as the server wrote it"},
	{Name: "body", Type: "string", Doc: "the whole body, decompressed; `\"\"` if there is none"},
	{Name: "url", Type: "string", Doc: "the URL of the last hop, without user name and password"},
}

// RequestFailure are the fields of the info of a request that has failed.
var RequestFailure = []Field{
	{Name: "phase", Type: "tidewire.Phase",
		Doc: "how far it had come: `uri` while it waits for its turn, `handshake` until the answer begins, `open` " +
			"while it arrives"},
	{Name: "category", Type: "tidewire.Category", Doc: "a stable word for the kind of failure"},
	{Name: "detail", Type: "string", Doc: "the whole story in one line"},
	{Name: "retryable", Type: "boolean",
		Doc: "whether the same request may succeed later without anybody mending something"},
	{Name: "url", Type: "string", Optional: true, Doc: "the URL of the last hop, without user name and password"},
}

func httpTypes(w *writer) {
	var request, options []Field
	for _, f := range RequestFields {
		f = optional(f)
		f.Optional = f.Name != "url"
		request = append(request, f)
	}
	for _, f := range RequestOptions() {
		options = append(options, optional(f))
	}
	w.class("tidewire.HTTP.Request", request)
	w.class("tidewire.HTTP.Options", options)
	w.class("tidewire.HTTP.Response", ResponseFields)
	w.class("tidewire.HTTP.Failure", RequestFailure)
}
