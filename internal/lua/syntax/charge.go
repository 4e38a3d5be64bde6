package syntax

import "math"

// slab is the number of bytes that Charge is asked for at least.
const slab = 4 << 10

// The memory that is charged for, in bytes: rounded up to the allocator's sizes, and for
// a list that grows by doubling.
const (
	slotBytes   = 32  // the place of a node in its list
	fieldBytes  = 64  // a Field in its list
	localBytes  = 128 // a Local, its places in the declaration and on the parser's stack
	wordBytes   = 128 // a word and its entry in the table, without the name's own bytes
	stringBytes = 16  // overhead of an allocation for a string's bytes
)

// A meter asks for memory in slabs.
type meter struct {
	ask    func(bytes int) error
	credit int // bytes that were granted and are not used yet
}

func newMeter(ask func(bytes int) error) meter {
	if ask == nil {
		return meter{credit: math.MaxInt}
	}
	return meter{ask: ask}
}

// take uses up memory.
func (m *meter) take(bytes int) error {
	if bytes > m.credit {
		wanted := max(bytes, slab)
		if err := m.ask(wanted); err != nil {
			return err
		}
		m.credit += wanted
	}
	m.credit -= bytes
	return nil
}

// close lets all that is still taken go unasked: the parse has failed, and little is.
func (m *meter) close() { m.credit = math.MaxInt }

// sizeOf returns how many bytes a node takes, with its place in a list.
func sizeOf(n positioned) int {
	switch n.(type) {
	case *Call, *Function, *If, *NumericFor, *GenericFor:
		return 96 + slotBytes
	case *Index, *Arith, *Compare, *And, *Or, *LocalStmt, *Assign, *While, *Repeat:
		return 64 + slotBytes
	}
	return 32 + slotBytes
}
