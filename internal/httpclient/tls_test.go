package httpclient_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/httpclient"
	"github.com/tidewire/tidewire/internal/testing/wstest"
)

// TLS options are those of connections, with words for the schemes of HTTP.
func TestTLS(t *testing.T) {
	certificate := wstest.Certificate(t, "s.test")
	for _, c := range []struct {
		name        string
		options     httpclient.TLSOptions
		line, story string
	}{
		{"not trusted", httpclient.TLSOptions{}, `"TLS handshake failed" tls tls`, "not trusted here"},
		{"ca", httpclient.TLSOptions{CA: certificate.CAFile}, "200 GET s.test / 0 ", ""},
		{"insecure", httpclient.TLSOptions{Insecure: true}, "200 GET s.test / 0 ",
			"https://s.test: the server's certificate is not verified"},
		{"another name", httpclient.TLSOptions{CA: certificate.CAFile, ServerName: "b.test"},
			`"TLS handshake failed" tls tls`, "is for s.test, not for b.test"},
		{"no such file", httpclient.TLSOptions{CA: "/nowhere.pem"}, `"TLS handshake failed" tls tls`, "read TLS.CA file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			opts := httpclient.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
			play(t, opts, func(t *testing.T, r *rig) {
				r.serve("s.test:443", certificate.Server, echo)
				result := r.do(httpclient.Request{URL: "https://s.test/", NoBody: true, TLS: c.options})
				story := log.String()
				if result.Failure != nil {
					story = result.Failure.Error()
				}
				if !strings.Contains(story, c.story) || c.story == "" && story != "" {
					t.Errorf("the story is %s", story)
				}
				want(t, result, c.line)
			})
		})
	}
}

// The client's certificate stays with its origin.
func TestClientCertificate(t *testing.T) {
	certificate := wstest.Certificate(t, "s.test", "b.test")
	config := certificate.Server.Clone()
	config.ClientAuth = tls.RequestClientCert
	play(t, httpclient.Options{TLSConfig: &tls.Config{RootCAs: certificate.Roots}}, func(t *testing.T, r *rig) {
		var got []int
		handler := func(w http.ResponseWriter, r *http.Request) {
			got = append(got, len(r.TLS.PeerCertificates))
			if r.Host == "s.test" {
				http.Redirect(w, r, "https://b.test/", http.StatusFound)
			}
		}
		r.serve("s.test:443", config, handler)
		r.serve("b.test:443", config, handler)
		want(t, r.do(httpclient.Request{URL: "https://s.test/", NoBody: true,
			TLS: httpclient.TLSOptions{Cert: certificate.CertFile, Key: certificate.KeyFile}}), "200 ")
		if len(got) != 2 || got[0] == 0 || got[1] != 0 {
			t.Errorf("the servers got %v certificates", got)
		}
	})
}

func TestWrongScheme(t *testing.T) {
	certificate := wstest.Certificate(t, "s.test")
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		plain := r.listen("s.test:443")
		go func() { // ended by its one connection
			conn, err := plain.Accept()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
				io.Copy(io.Discard, conn)
				conn.Close()
			}
		}()
		r.serve("s.test:80", certificate.Server, echo)
		r.serveRaw("s.test:81", "", closeConn)
		for url, story := range map[string]string{
			"https://s.test/": "the server speaks plain HTTP on this port, not TLS: use http:// or another port",
			"http://s.test/":  "400",
			"http://s.test:81/": "the server ended the connection before its answer began: if its port speaks TLS, " +
				"use https://",
		} {
			result := r.do(httpclient.Request{URL: url, NoBody: true})
			if got := show(result) + " "; result.Failure != nil {
				got += result.Failure.Error()
				if !strings.Contains(got, story) {
					t.Errorf("%s: %s", url, got)
				}
			} else if !strings.Contains(got, story) {
				t.Errorf("%s: %s", url, got)
			}
			result.Release()
		}
	})
}

// Every request goes through a proxy in a tunnel; its credentials go to the proxy alone.
func TestProxy(t *testing.T) {
	play(t, httpclient.Options{}, func(t *testing.T, r *rig) {
		r.serve(addr, nil, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Host+r.Header.Get("Proxy-Authorization"))
		})
		proxy := r.listen("proxy.test:3128")
		asked := make(chan string, 10)
		go func() { // ended by closing the listener
			for {
				client, err := proxy.Accept()
				if err != nil {
					return
				}
				go func() {
					defer client.Close()
					head, err := http.ReadRequest(bufio.NewReader(strings.NewReader(readHead(client))))
					if err != nil {
						return
					}
					asked <- head.Method + " " + head.Host + " " + head.Header.Get("Proxy-Authorization")
					if strings.HasPrefix(head.Host, "no.") {
						io.WriteString(client, "HTTP/1.1 403 Forbidden\r\n\r\n")
						return
					}
					server, err := r.net.DialContext(t.Context(), "tcp", head.Host)
					if err != nil {
						return
					}
					defer server.Close()
					io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
					go func() { // ended by closing either side
						io.Copy(server, client)
						server.Close()
					}()
					io.Copy(client, server)
				}()
			}
		}()
		request := httpclient.Request{URL: "http://a.test/", NoBody: true, Proxy: "http://me:secret@proxy.test:3128"}
		want(t, r.do(request), "200 a.test")
		want(t, r.do(request), "200 a.test")
		request.URL = "http://no.test/"
		result := r.do(request)
		if strings.Contains(result.Failure.Error(), "secret") {
			t.Errorf("the story has the password: %v", result.Failure)
		}
		want(t, result, `"Proxy connection failed" proxy proxy`)
		request.Proxy = "ftp://proxy.test"
		want(t, r.do(request), `"Invalid proxy URI" uri proxy`)
		if first, second := <-asked, <-asked; first != "CONNECT a.test:80 Basic bWU6c2VjcmV0" ||
			second != "CONNECT no.test:80 Basic bWU6c2VjcmV0" || len(asked) != 0 {
			t.Errorf("the proxy was asked %q, %q", first, second)
		}
	})
}
