package json_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/tidewire/tidewire/lua"
)

// texts are the JSON that BenchmarkModule reads and writes.
func texts() map[string]string {
	var book bytes.Buffer
	book.WriteString(`{"type":"snapshot","product_id":"BTC-EUR","bids":[`)
	for i := range 200 {
		if i > 0 {
			book.WriteByte(',')
		}
		fmt.Fprintf(&book, `["%d.%02d","0.%08d"]`, 60000-i, i%100, i*7919)
	}
	book.WriteString(`]}`)
	var users bytes.Buffer
	users.WriteString(`{"users":[`)
	for i := range 100 {
		if i > 0 {
			users.WriteByte(',')
		}
		fmt.Fprintf(&users, `{"id":%d,"name":"user `+
			`%d","email":"user%d@example.org","active":%t,"score":%d.5,"tags":["a","b","c"],`+
			`"bio":"line one\nline \"two\""}`, i, i, i, i%2 == 0, i*3)
	}
	users.WriteString(`]}`)
	return map[string]string{
		"tick":  `{"e":"trade","E":1732300000123,"s":"BTCUSDT","t":12345,"p":"60123.45","q":"0.00125","m":true}`,
		"book":  book.String(),
		"users": users.String(),
	}
}

// BenchmarkModule measures the module beside a codec written in Lua (testdata/json.lua),
// on the same VM.
func BenchmarkModule(b *testing.B) {
	source, err := os.ReadFile("testdata/json.lua")
	if err != nil {
		b.Fatal(err)
	}
	s := newState(b, lua.Options{})
	codecs := map[string]lua.Value{"module": s.Global("json"), "lua": run(b, s, string(source))[0]}
	for _, name := range []string{"tick", "book", "users"} {
		text, err := s.String(texts()[name])
		if err != nil {
			b.Fatal(err)
		}
		for _, call := range []string{"decode", "encode"} {
			for _, codec := range []string{"module", "lua"} {
				b.Run(call+"/"+name+"/"+codec, func(b *testing.B) {
					table, _ := codecs[codec].AsTable()
					argument := text
					if call == "encode" {
						if argument, err = s.Call1(table.GetString("decode"), text); err != nil {
							b.Fatal(err)
						}
					}
					f := table.GetString(call)
					b.SetBytes(int64(len(texts()[name])))
					b.ReportAllocs()
					for b.Loop() {
						if _, err := s.Call1(f, argument); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
