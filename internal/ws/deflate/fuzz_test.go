package deflate_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tidewire/tidewire/internal/ws/deflate"
	"github.com/tidewire/tidewire/internal/ws/failure"
	"github.com/tidewire/tidewire/internal/ws/rule"
)

// fuzzedConfig makes a legal Config of any four numbers.
func fuzzedConfig(flags, server, client uint8) deflate.Config {
	all := configs(0, 8, 9, 10, 11, 12, 13, 14, 15)
	return all[(int(flags)*90+int(server)*10+int(client))%len(all)]
}

// Whatever a server answers is taken or refused, and a taken answer makes sense.
func FuzzAccept(f *testing.F) {
	f.Add("permessage-deflate; server_no_context_takeover", "", uint8(0), uint8(0), uint8(0))
	f.Add(`permessage-deflate; client_max_window_bits="1\2" ,`, "permessage-deflate", uint8(1), uint8(3), uint8(0))
	f.Add("permessage-deflate; server_max_window_bits=010", "a;b=c", uint8(2), uint8(4), uint8(8))
	f.Fuzz(func(t *testing.T, first, second string, flags, server, client uint8) {
		config := fuzzedConfig(flags, server, client)
		p, err := config.Accept([]string{first, second})
		if err != nil {
			if failed := failure.From(failure.PhaseHandshake, err); failed.Message != failure.MsgExtension ||
				p != (deflate.Params{}) {
				t.Fatalf("%v, %+v", err, p)
			}
			return
		}
		if p != (deflate.Params{}) {
			wantSense(t, p)
			if config.ServerNoContextTakeover && p.Server.Takeover || config.ServerMaxWindowBits > 0 &&
				p.Server.WindowBits > config.ServerMaxWindowBits {
				t.Fatalf("%+v does not give %+v", p, config)
			}
		}
	})
}

// Whatever a client offers is answered or declined; and a client takes the answer to its
// offer.
func FuzzAnswer(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits", "", uint8(0), uint8(0), uint8(0))
	f.Add("x, permessage-deflate; server_max_window_bits=\"9\"", "permessage-deflate", uint8(1), uint8(3), uint8(4))
	f.Fuzz(func(t *testing.T, first, second string, flags, server, client uint8) {
		config := fuzzedConfig(flags, server, client)
		answer, p, err := deflate.Answer([]string{first, second}, config)
		if answer == "" {
			if p != (deflate.Params{}) || err != nil && !errors.Is(err, rule.ExtensionMalformed) {
				t.Fatalf("declined with %+v, %v", p, err)
			}
		} else {
			if err != nil {
				t.Fatalf("answer %q and error %v", answer, err)
			}
			wantSense(t, p)
			loosest := deflate.Config{ClientMaxWindowBits: deflate.ClientMaxWindowBitsAny}
			atClient, err := loosest.Accept([]string{answer})
			if err != nil || atClient != p {
				t.Fatalf("answer %q: %+v, %v, want %+v", answer, atClient, err, p)
			}
		}
		wantAgreement(t, fuzzedConfig(client, flags, server), config)
	})
}

func wantSense(t *testing.T, p deflate.Params) {
	t.Helper()
	for _, d := range []deflate.Direction{p.Client, p.Server} {
		if !p.InUse || d.WindowBits < 8 || d.WindowBits > 15 {
			t.Fatalf("agreed on %+v", p)
		}
	}
}

// Whatever a peer sends becomes a message within the limit or one of two failures, in a
// block within the limit, and a second one while it grows. Short payloads become what long
// ones would.
func FuzzDecompress(f *testing.F) {
	for _, vector := range zlibVectors {
		for _, payload := range vector.payloads {
			if len(payload)%2 == 0 {
				b := make([]byte, 0, len(payload)/2)
				for i := 0; i < len(payload); i += 2 {
					b = append(b, unhex(payload[i])<<4|unhex(payload[i+1]))
				}
				f.Add(b, b)
			}
		}
	}
	for _, block := range []string{reachesTail, reachesEnd} {
		f.Add(decodeHex(f, block), []byte(nil))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		const limit = 100_000
		got, err := deflate.NewDecompressor(direction(true, 15), nil, nil).Decompress(alloc, first, limit)
		if want, wantErr := deflate.DecompressSource(first, limit); len(first) > 0 && (err == nil) != (wantErr == nil) ||
			err == nil && !bytes.Equal(got, want) {
			t.Fatalf("got %.50q, %v, from a source %.50q, %v", got, err, want, wantErr)
		}
		memory := &memory{}
		d := deflate.NewDecompressor(direction(true, 15), nil, memory.free)
		for _, payload := range [][]byte{first, second} {
			got, err := d.Decompress(memory.alloc, payload, limit)
			if memory.peak > 2*limit || memory.largest > limit || len(got) > limit {
				t.Fatalf("%d bytes in %d, the largest block %d, limit %d", len(got), memory.peak, memory.largest, limit)
			}
			if err == nil {
				memory.free(got)
				continue
			}
			if failed := failure.From(failure.PhaseOpen, err); failed.Category != failure.Deflate &&
				failed.Category != failure.TooBig || memory.now != 0 {
				t.Fatalf("failed with %v, %d bytes not given back", err, memory.now)
			}
			return
		}
	})
}

func unhex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}

// Whatever is sent arrives, whatever was agreed.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("tidewire tidewire tidewire"), uint8(3), uint16(20), uint8(3))
	f.Add([]byte(feed(1, 1, 2000)[0]), uint8(15), uint16(120), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, bits uint8, piece uint16, times uint8) {
		d := direction(bits&8 != 0, 8+int(bits&7))
		w := newWire(t, d, d)
		for range 1 + times%4 {
			rest := data
			for i := 0; i < 20 && len(rest) > 0; i++ {
				n := min(len(rest), 1+int(piece))
				w.send(string(rest[:n]))
				rest = rest[n:]
			}
			w.send(string(data))
		}
	})
}
