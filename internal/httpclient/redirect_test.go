package httpclient_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// Each status, with the method and the body that the next hop gets.
func TestRedirectMethods(t *testing.T) {
	for _, c := range []struct {
		status       int
		method, want string
	}{
		{301, "GET", "GET body text/x"}, {301, "POST", "GET  "}, {301, "PUT", "PUT body text/x"},
		{301, "HEAD", ""}, {302, "POST", "GET  "}, {302, "DELETE", "DELETE body text/x"},
		{303, "POST", "GET  "}, {303, "PUT", "GET  "}, {303, "GET", "GET body text/x"}, {303, "HEAD", "GET  "},
		{307, "POST", "POST body text/x"}, {307, "GET", "GET body text/x"}, {308, "POST", "POST body text/x"},
		{308, "PATCH", "PATCH body text/x"},
	} {
		t.Run(fmt.Sprint(c.status, c.method), func(t *testing.T) {
			play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
				var method string
				r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/" {
						w.Header().Set("Location", "next?x=1#part")
						w.WriteHeader(c.status)
						io.WriteString(w, "moved")
						return
					}
					method = r.Method
					body, _ := io.ReadAll(r.Body)
					fmt.Fprint(w, r.Method, " ", string(body), " ", r.Header.Get("Content-Type"))
				})
				result := r.do(httpclient.Request{URL: "http://a.test/", Method: c.method, Body: "body",
					Header: http.Header{"Content-Type": {"text/x"}}})
				if result.URL != "http://a.test/next?x=1" || c.want == "" && method != "HEAD" {
					t.Errorf("the url is %s, the last method %s", result.URL, method)
				}
				want(t, result, "200 "+c.want)
				if got := len(r.net.Dials()); got != 1 {
					t.Errorf("%d connections for one origin", got)
				}
			})
		})
	}
}

// An answer that redirects to nowhere, or that was asked not to be followed, is a response.
func TestRedirectsThatAreResponses(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/to" {
				w.Header().Set("Location", "/")
			}
			w.WriteHeader(http.StatusFound)
			io.WriteString(w, "moved")
		})
		want(t, r.do(httpclient.Request{URL: "http://a.test/", NoBody: true}), "302 moved")
		want(t, r.do(httpclient.Request{URL: "http://a.test/to", NoBody: true, Redirects: -1}), "302 moved")
	})
}

func TestRedirectLimit(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		hits := 0
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			hits++
			var left int
			fmt.Sscan(r.URL.Path[1:], &left)
			if left > 0 {
				http.Redirect(w, r, fmt.Sprintf("/%d?token=secret", left-1), http.StatusFound)
			}
		})
		want(t, r.do(httpclient.Request{URL: "http://a.test/10", NoBody: true}), "200 ")
		want(t, r.do(httpclient.Request{URL: "http://a.test/2", NoBody: true, Redirects: 2}), "200 ")
		hits = 0
		result := r.do(httpclient.Request{URL: "http://a.test/100", NoBody: true})
		if story := result.Failure.Error(); hits != 11 || !complete(result.Failure) || story != "the server answered "+
			"302 and redirects to /89?token=…, which is not followed: it would be more than the 10 that option "+
			"redirects allows" {
			t.Errorf("%d hits: %s", hits, story)
		}
		want(t, result, `"Invalid HTTP status." http_status handshake`)
	})
}

func TestBadRedirects(t *testing.T) {
	certificate := wstest.Certificate(t, "s.test")
	for location, story := range map[string]string{
		"http://s.test/":     "it leads from https to http",
		"http://other.test/": "it leads from https to http",
		"ftp://s.test/":      "another scheme than http and https",
		"https://s.test:0/":  "a port that is no number",
		"%zz":                "it is no URL",
	} {
		play(t, httpclient.Options{TLSConfig: &tls.Config{RootCAs: certificate.Roots}}, func(t *testing.T, r *rig) {
			r.serve("s.test:443", certificate.Server, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
			result := r.do(httpclient.Request{URL: "https://s.test/", NoBody: true})
			if result.Failure == nil || !strings.Contains(result.Failure.Error(), story) {
				t.Errorf("%s: %v", location, result.Failure)
			}
			want(t, result, `"Invalid HTTP status." http_status handshake`)
		})
	}
}

// Secrets stay with their origin, and do not come back to it by way of another.
func TestSecretsStayWithTheirOrigin(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		var got []string
		handle := func(next map[string]string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				got = append(got, fmt.Sprint(r.Host, r.URL.Path, " ", r.Header.Get("Authorization"), "|",
					r.Header.Get("Cookie"), "|", r.Header.Get("Proxy-Authorization"), "|", r.Header.Get("X-Key")))
				if to := next[r.URL.Path]; to != "" {
					http.Redirect(w, r, to, http.StatusTemporaryRedirect)
				}
			}
		}
		r.serve(addr, nil, handle(map[string]string{"/": "/same", "/same": "http://a.test:8080/", "/away": "/end"}))
		r.serve("a.test:8080", nil, handle(map[string]string{"/": "http://a.test/away"}))
		secrets := http.Header{"Authorization": {"A"}, "cookie": {"B"}, "Proxy-Authorization": {"C"}, "X-Key": {"D"}}
		want(t, r.do(httpclient.Request{URL: "http://a.test/", NoBody: true, Header: secrets}), "200 ")
		if seen := strings.Join(got, "; "); seen != "a.test/ A|B|C|D; a.test/same A|B|C|D; a.test:8080/ |||D; "+
			"a.test/away |||D; a.test/end |||D" {
			t.Errorf("the servers saw %s", seen)
		}
		if len(secrets) != 4 {
			t.Error("the caller's header was changed")
		}
		got = nil
		want(t, r.do(httpclient.Request{URL: "http://u:p@a.test/", NoBody: true}), "200 ")
		if seen := strings.Join(got, "; "); seen != "a.test/ Basic dTpw|||; a.test/same Basic dTpw|||; a.test:8080/ |||; "+
			"a.test/away |||; a.test/end |||" {
			t.Errorf("the servers saw %s", seen)
		}
	})
}
