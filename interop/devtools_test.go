//go:build interop

package interop

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// Of the smaller package the program itself: the script in front of it would end alone.
var chromiumTool = tool{names: []string{"/usr/lib/chromium/chromium-headless-shell", "chromium"},
	debian: "chromium-headless-shell"}

// The example opens pages in a real browser: one that is its own URL, one that nginx
// serves.
func TestDevTools(t *testing.T) {
	browser := serve(t, chromiumTool.path(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
		"--remote-allow-origins=*", "--user-data-dir="+t.TempDir(), "about:blank")
	url := browser.says(t, `DevTools listening on (ws://\S+)`)[1]
	_, addresses := nginx(t, `listen 127.0.0.1:PORT; default_type text/html;
		location / { return 200 "<title>of nginx</title>"; }`)

	for _, c := range []struct{ name, page, want string }{
		{"data", "data:text/html,<title>hello</title>", "title: hello\n"},
		{"http", "http://" + addresses[0] + "/", "title: of nginx\n"},
		{"late", "data:text/html,<script>document.title = 'set by a script'</script>", "title: set by a script\n"},
		{"escapes", `data:text/html;charset=utf-8,<title>"snow" \ é ☃ 𝄞</title>`, "title: \"snow\" \\ é " +
			"☃ 𝄞\n"},
		{"refused", "http://" + refusedAddress(t) + "/", "the page cannot be opened: net::ERR_CONNECTION_REFUSED\n"},
		{"nonsense", "nonsense", "the browser refuses: Cannot navigate to invalid URL\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := script{name: "../../examples/devtools", args: []string{url, c.page}}.run(t)
			if want := c.want + "closed with 1000\n"; stdout != want || stderr != "" || code != 0 {
				t.Errorf("printed %q, exit status %d; want %q, 0\nstderr:\n%s", stdout, code, want, stderr)
			}
		})
	}

	picture := filepath.Join(t.TempDir(), "page.png")
	stdout, stderr, code := script{name: "../../examples/devtools", flags: []string{"--allow-write=" + filepath.Dir(picture)},
		args: []string{url, "data:text/html,<title>hello</title>", picture}}.run(t)
	if stdout != "title: hello\nclosed with 1000\n" || code != 0 {
		t.Errorf("with a picture: printed %q, exit status %d\nstderr:\n%s", stdout, code, stderr)
	}
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if config, err := png.DecodeConfig(file); err != nil || config.Width < 100 || config.Height < 100 {
		t.Errorf("the picture is %+v, error %v", config, err)
	}
}
