// Package payload makes the messages of the bench. Server and contestants make the same
// ones from the same description, so that each end can check the other.
package payload

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// A Shape is the look of a message. All begin with a number of two digits, the message's
// place in the cycle.
type Shape string

// The shapes. Text and JSON are valid UTF-8.
const (
	Text   Shape = "text"   // a short JSON object of one string
	JSON   Shape = "json"   // a JSON object with a list of trades, as a market feed sends it
	Binary Shape = "binary" // random bytes
)

// Least is the size of the smallest message.
const Least = 20

// An Order is a description of messages.
type Order struct {
	Shape Shape
	Size  int // in bytes
}

// cycleBytes bounds the memory of a cycle, and most its number of messages.
const (
	cycleBytes = 32 << 20
	most       = 64
)

// Cycle makes the messages that one end sends again and again. There are 64 of them, or
// fewer if they are large, and always a power of two.
func (o Order) Cycle() [][]byte {
	n := most
	for n > 1 && n*o.Size > cycleBytes {
		n /= 2
	}
	messages := make([][]byte, n)
	random := rand.New(rand.NewPCG(uint64(o.Size), 11))
	for i := range messages {
		messages[i] = o.message(i, random)
	}
	return messages
}

func (o Order) message(i int, random *rand.Rand) []byte {
	switch o.Shape {
	case JSON:
		return trades(i, o.Size, random)
	case Binary:
		message := make([]byte, o.Size, o.Size+8)
		for at := 0; at < o.Size; at += 8 {
			binary.LittleEndian.PutUint64(message[at:at+8], random.Uint64())
		}
		copy(message, prefix(i))
		return message
	}
	return padded([]byte(prefix(i)+`"`), o.Size, random)
}

// prefix has eight bytes, so that the first word of a message names it.
func prefix(i int) string { return fmt.Sprintf(`{"n":"%02d`, i) }

// padded ends a JSON object with a string that fills it up to size.
func padded(object []byte, size int, random *rand.Rand) []byte {
	const pad = `,"p":"`
	object = append(object, pad...)
	for len(object) < size-2 {
		object = append(object, byte('a'+random.IntN(26)))
	}
	return append(object, `"}`...)
}

func trades(i, size int, random *rand.Rand) []byte {
	const room = 12 // for the pad
	object := append([]byte(prefix(i)), `","type":"trades","list":[`...)
	for comma := ""; ; comma = "," {
		trade := fmt.Sprintf(comma+
			`{"id":%d,"symbol":"%s","side":"%s","price":"%d.%02d","size":"0.%04d","time":17640000%05d}`,
			81_000_000+random.IntN(1_000_000), pick(random, "BTCUSD", "ETHUSD", "SOLEUR"), pick(random, "buy", "sell"),
			20_000+random.IntN(1000), random.IntN(100), random.IntN(10_000), random.IntN(100_000))
		if len(object)+len(trade)+room > size {
			return padded(append(object, ']'), size, random)
		}
		object = append(object, trade...)
	}
}

func pick(random *rand.Rand, of ...string) string { return of[random.IntN(len(of))] }

// Index is the place of a message in its cycle; -1 if its beginning does not say one.
func Index(message []byte) int {
	if len(message) < Least || !bytes.HasPrefix(message, []byte(`{"n":"`)) {
		return -1
	}
	n := 0
	for _, digit := range message[6:8] {
		if digit < '0' || digit > '9' {
			return -1
		}
		n = n*10 + int(digit-'0')
	}
	return n
}

// Word is the beginning of a message, which names it. A contestant adds up the words of
// all it receives, in order, which costs a nanosecond and notices a message that is lost,
// twice there or out of turn.
func Word(sum uint64, message []byte) uint64 {
	return sum*31 + binary.LittleEndian.Uint64(message)
}

// Sum adds a whole message to the checksum of those before it.
func Sum(sum uint64, message []byte) uint64 {
	var s uint64
	for ; len(message) >= 8; message = message[8:] {
		s = bits.RotateLeft64(s, 5) + binary.LittleEndian.Uint64(message)
	}
	for _, b := range message {
		s = bits.RotateLeft64(s, 5) + uint64(b)
	}
	return sum*31 + s
}
