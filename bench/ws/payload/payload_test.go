package payload

import (
	"encoding/json"
	"testing"
)

func TestCycle(t *testing.T) {
	for _, o := range []Order{{Text, Least}, {Text, 32}, {Text, 256}, {JSON, 880}, {JSON, 1024}, {Binary, 64 << 10},
		{Binary, 16 << 20}} {
		cycle := o.Cycle()
		if n := len(cycle); n&(n-1) != 0 || n > most || n*o.Size > cycleBytes {
			t.Errorf("%+v: %d messages", o, n)
		}
		for i, message := range cycle {
			if len(message) != o.Size || Index(message) != i {
				t.Errorf("%+v: message %d has %d bytes and the index %d", o, i, len(message), Index(message))
			}
			if o.Shape != Binary && !json.Valid(message) {
				t.Fatalf("%+v: message %d is no JSON, it begins %.40s", o, i, message)
			}
		}
	}
	if Index([]byte(`{"n":"0x","p":"abcdef"}`)) != -1 {
		t.Error("an index that is no number")
	}
}

// Both checksums notice a message that is lost, changed or out of turn; Sum also sees past
// the first word.
func TestSums(t *testing.T) {
	cycle := Order{Shape: Text, Size: 32}.Cycle()
	changed := append([]byte(nil), cycle[1]...)
	changed[20] ^= 1
	sums := func(messages ...[]byte) (word, sum uint64) {
		for _, m := range messages {
			word, sum = Word(word, m), Sum(sum, m)
		}
		return word, sum
	}
	word, sum := sums(cycle[0], cycle[1], cycle[2])
	for name, messages := range map[string][][]byte{
		"lost": {cycle[0], cycle[2]}, "twice": {cycle[0], cycle[1], cycle[1], cycle[2]},
		"out of turn": {cycle[0], cycle[2], cycle[1]}, "changed": {cycle[0], changed, cycle[2]},
	} {
		w, s := sums(messages...)
		if s == sum || w == word && name != "changed" {
			t.Errorf("%s: the sums are the same", name)
		}
	}
}
