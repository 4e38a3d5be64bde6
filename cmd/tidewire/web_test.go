package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// web starts a server for the scripts of tide.http:
//
//	/echo                   the request: method, path, its header fields but for common ones, body
//	/redirect?status=&to=   a redirect
//	/status/503?retry=      a status, with Retry-After
//	/bytes/N, /gzip/N       N bytes, plain or compressed
//	/cut                    half of an answer
//	/mute                   no answer
//	/crowd                  an answer when 64 requests for it have been under way at once
//	/most                   how many there were at most
//	/repeat/W?token=&to=    an answer that repeats the token: W is length, status, location,
//	                        unasked, or hop, which is a redirect to /said of to
//	/said/T                 an answer that repeats T
func web(ts *testscript.TestScript, _ bool, args []string) {
	var running, most atomic.Int64
	crowded := make(chan struct{})
	release := sync.OnceFunc(func() { close(crowded) })
	count := func(w http.ResponseWriter, n string) (int, error) {
		size, err := strconv.Atoi(n)
		if err != nil {
			http.Error(w, "no number", http.StatusBadRequest)
		}
		return size, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/"})
		w.Header()["X-Many"] = []string{"one", "two"}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Method, r.URL.RequestURI())
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if name != "User-Agent" && name != "Accept-Encoding" && name != "Content-Length" {
				fmt.Fprintf(w, " %s=%s", name, strings.Join(r.Header[name], "+"))
			}
		}
		fmt.Fprintf(w, " [%s]", body)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.FormValue("to"))
		if status, err := count(w, r.FormValue("status")); err == nil {
			w.WriteHeader(status)
		}
	})
	mux.HandleFunc("/status/{status}", func(w http.ResponseWriter, r *http.Request) {
		if retry := r.FormValue("retry"); retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		if status, err := count(w, r.PathValue("status")); err == nil {
			w.WriteHeader(status)
		}
	})
	mux.HandleFunc("/bytes/{n}", func(w http.ResponseWriter, r *http.Request) {
		if n, err := count(w, r.PathValue("n")); err == nil {
			io.CopyN(w, zeros{}, int64(n))
		}
	})
	mux.HandleFunc("/gzip/{n}", func(w http.ResponseWriter, r *http.Request) {
		if n, err := count(w, r.PathValue("n")); err == nil {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.CopyN(z, zeros{}, int64(n))
			z.Close()
		}
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
	})
	mux.HandleFunc("/mute", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/crowd", func(_ http.ResponseWriter, r *http.Request) {
		defer running.Add(-1)
		now := running.Add(1)
		for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
		}
		if now == 64 {
			time.AfterFunc(100*time.Millisecond, release) // if a 65th comes, it comes by then
		}
		select {
		case <-crowded:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/most", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, most.Load()) })
	mux.HandleFunc("/repeat/{where}", func(w http.ResponseWriter, r *http.Request) {
		token := r.FormValue("token")
		sendRaw(w, map[string]string{
			"length":   "HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n",
			"status":   "HTTP/1.1 " + token + "\r\n\r\n",
			"location": "HTTP/1.1 302 Found\r\nLocation: foo://host/" + token + "\r\n\r\n",
			"unasked":  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + token,
			"hop":      "HTTP/1.1 302 Found\r\nLocation: " + r.FormValue("to") + "/said/" + token + "\r\n\r\n",
		}[r.PathValue("where")])
	})
	mux.HandleFunc("/said/{token}", func(w http.ResponseWriter, r *http.Request) {
		sendRaw(w, "HTTP/1.1 200 OK\r\nContent-Length: "+r.PathValue("token")+"\r\n\r\n")
	})
	server := httptest.NewServer(mux)
	ts.Defer(func() {
		server.CloseClientConnections() // of /mute
		server.Close()
	})
	ts.Setenv(args[0], server.Listener.Addr().String())
}

// sendRaw sends an answer that the server itself would not make.
func sendRaw(w http.ResponseWriter, answer string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	io.WriteString(conn, answer)
}

// zeros is an endless stream of zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
