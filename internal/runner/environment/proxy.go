package environment

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/tidewire/tidewire/engine"
)

// Proxy is for engine.Options. It looks at HTTP_PROXY for ws and at HTTPS_PROXY for wss,
// then at ALL_PROXY, each in lower case first. NO_PROXY and the exception of loopback
// addresses are package httpproxy's. The reading of the URL is the engine's: that package
// takes one that it cannot read for none, and the connection would go out directly.
func (e Environment) Proxy(target *url.URL) (engine.Proxy, error) {
	variable, value := e.firstSet(
		target.Scheme+"_proxy",
		strings.ToUpper(target.Scheme)+"_PROXY",
		"all_proxy",
		"ALL_PROXY",
	)
	if value == "" || strings.HasSuffix(target.Hostname(), ".localhost") { // RFC 6761 §6.3
		return engine.Proxy{}, nil
	}
	_, exceptions := e.firstSet("no_proxy", "NO_PROXY")
	config := httpproxy.Config{HTTPProxy: "any", HTTPSProxy: "any", NoProxy: exceptions}
	// The error is about CGI, which this config does not set.
	if use, _ := config.ProxyFunc()(target); use == nil {
		return engine.Proxy{}, nil
	}
	if strings.EqualFold(variable, "HTTP_PROXY") && e("REQUEST_METHOD") != "" {
		// A web server hands a request's Proxy field to a CGI process under that name.
		return engine.Proxy{}, fmt.Errorf("%s is not to be trusted in a CGI process (REQUEST_METHOD is set): "+
			"use ALL_PROXY, or the option proxy", variable)
	}
	return engine.Proxy{URL: value, Source: variable}, nil
}

// firstSet returns the first variable in names that is not empty.
func (e Environment) firstSet(names ...string) (name, value string) {
	for _, name := range names {
		if value := e(name); value != "" {
			return name, value
		}
	}
	return "", ""
}
