package lua

import "math"

// A Table is a Lua table. It belongs to its state's goroutine.
//
// Keys 0 … len(array)-1 are in the array part. All others are entries, in the order in
// which they were first set; entries of more than linearMax keys have an index by hash. A
// removed key keeps its entry, with nil as value, until the table grows: so next goes on
// from a key that the loop has removed. The order of Next depends on nothing else: not on
// hashes, seeds or addresses.
//
// The array's last value is not nil, and key len(array) is not among the entries, so that
// the length is at hand.
type Table struct {
	array   []Value
	entries []entry
	index   *tableIndex // nil for few entries
	meta    *Table
	state   *State

	hash uint32 // as a key; 0: not given yet
	mark uint32 // of the walk that last found it

	scanned   uint32    // of the walk that last looked into it
	indexHint uint32    // where the entry of __index was found last
	absent    uint16    // bits of the metamethods that are known not to be here
	hasInts   bool      // a whole number may be among the entries' keys
	room      tableRoom // that came with the table
}

type entry struct {
	key, value Value
	hash       uint32
	next       uint32 // position + 1 of the next entry with the same bucket; 0 for none
}

// tableIndex holds, for each bucket, the position + 1 of its first entry. Their number is
// a power of two.
type tableIndex struct{ buckets []uint32 }

const (
	linearMax  = 8 // with more entries an index pays
	entryBytes = 40
	valueBytes = 16
	tableBytes = 96
)

// tableRoom is the room that a table was made with.
type tableRoom uint8

const (
	noRoom tableRoom = iota
	roomEntries2
	roomEntries4
	roomArray4
	roomArray8
)

// base is the memory that the table took when it was made.
func (t *Table) base() int {
	switch t.room {
	case roomEntries2:
		return sizeClass(tableBytes + 2*entryBytes)
	case roomEntries4:
		return sizeClass(tableBytes + 4*entryBytes)
	case roomArray4:
		return sizeClass(tableBytes + 4*valueBytes)
	case roomArray8:
		return sizeClass(tableBytes + 8*valueBytes)
	}
	return tableBytes
}

func (t *Table) entriesInside() bool {
	return t.room == roomEntries2 && cap(t.entries) == 2 || t.room == roomEntries4 && cap(t.entries) == 4
}

func (t *Table) arrayInside() bool {
	return t.room == roomArray4 && cap(t.array) == 4 || t.room == roomArray8 && cap(t.array) == 8
}

// Tables with room in the same allocation.
type (
	tableEntries2 struct {
		Table
		slots [2]entry
	}
	tableEntries4 struct {
		Table
		slots [4]entry
	}
	tableArray4 struct {
		Table
		slots [4]Value
	}
	tableArray8 struct {
		Table
		slots [8]Value
	}
)

// NewTable makes a table with room for the keys 1 … items and for others. The room is a
// hint; at most 2^20 of each are taken in advance. Over the memory limit the error is one
// of Lua's.
func (s *State) NewTable(items, others int) (*Table, error) {
	items, others = min(max(items, 0), 1<<20), min(max(others, 0), 1<<20)
	s.look(items + others)
	return s.newTable(items, others)
}

func (s *State) newTable(items, others int) (*Table, error) {
	if items == 0 {
		switch {
		case others == 0:
			if err := s.charge(tableBytes); err != nil {
				return nil, err
			}
			return &Table{state: s, mark: s.born, scanned: s.born}, nil
		case others <= 2:
			if err := s.charge(sizeClass(tableBytes + 2*entryBytes)); err != nil {
				return nil, err
			}
			t := &tableEntries2{}
			t.state, t.entries, t.Table.room, t.Table.mark = s, t.slots[:0], roomEntries2, s.born
			t.scanned = s.born
			return &t.Table, nil
		case others <= 4:
			if err := s.charge(sizeClass(tableBytes + 4*entryBytes)); err != nil {
				return nil, err
			}
			t := &tableEntries4{}
			t.state, t.entries, t.Table.room, t.Table.mark = s, t.slots[:0], roomEntries4, s.born
			t.scanned = s.born
			return &t.Table, nil
		}
	}
	if others == 0 && items < 8 {
		if items < 4 {
			if err := s.charge(sizeClass(tableBytes + 4*valueBytes)); err != nil {
				return nil, err
			}
			t := &tableArray4{}
			t.state, t.array, t.Table.room, t.Table.mark = s, t.slots[:0], roomArray4, s.born
			t.scanned = s.born
			return &t.Table, nil
		}
		if err := s.charge(sizeClass(tableBytes + 8*valueBytes)); err != nil {
			return nil, err
		}
		t := &tableArray8{}
		t.state, t.array, t.Table.room, t.Table.mark = s, t.slots[:0], roomArray8, s.born
		t.scanned = s.born
		return &t.Table, nil
	}
	if err := s.charge(tableBytes); err != nil {
		return nil, err
	}
	t := &Table{state: s, mark: s.born, scanned: s.born}
	if items > 0 {
		if err := t.growArray(items + 1); err != nil {
			return nil, err
		}
	}
	if others > 0 {
		if err := t.growEntries(others); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// growArray makes room for keys below size.
func (t *Table) growArray(size int) error {
	if err := t.state.charge(pointerClass(size * valueBytes)); err != nil {
		return err
	}
	array := make([]Value, len(t.array), size)
	copy(array, t.array)
	t.array = array
	return nil
}

// growEntries makes new entries with room for size, and leaves out those whose value is
// nil.
func (t *Table) growEntries(size int) error {
	t.moved()
	buckets := 0
	if size > linearMax {
		buckets = 16
		for buckets < size {
			buckets *= 2
		}
	}
	if err := t.state.charge(pointerClass(size*entryBytes) + sizeClass(buckets*4)); err != nil {
		return err
	}
	old := t.entries
	t.entries = make([]entry, 0, size)
	t.index = nil
	if buckets > 0 {
		t.index = &tableIndex{make([]uint32, buckets)}
	}
	t.hasInts = false
	for i := range old {
		if !old[i].value.IsNil() {
			t.link(old[i].key, old[i].value, old[i].hash)
		}
	}
	t.absent, t.indexHint = 0, 0
	return nil
}

// link appends an entry for which there is room.
func (t *Table) link(key, value Value, hash uint32) {
	n := len(t.entries)
	t.entries = t.entries[:n+1]
	e := &t.entries[n]
	e.key, e.value, e.hash, e.next = key, value, hash, 0
	if t.index != nil {
		bucket := &t.index.buckets[hash&uint32(len(t.index.buckets)-1)]
		e.next = *bucket
		*bucket = uint32(n + 1)
	}
	if key.isNumber() && isInt(key.float()) {
		t.hasInts = true
	}
}

// addString adds a string that is not among the entries, and that is the state's copy
// already.
func (t *Table) addString(key *str, value Value) error {
	if len(t.entries) == cap(t.entries) || value.IsNil() || t.index != nil {
		return t.setString(key, value)
	}
	t.barrier(value)
	t.noteMode(key)
	t.absent = 0
	if !t.state.weak {
		t.state.noteKey(key)
	}
	n := len(t.entries)
	t.entries = t.entries[:n+1]
	e := &t.entries[n]
	e.key, e.value, e.hash, e.next = stringValue(key), value, t.state.hashOf(key), 0
	return nil
}

func isInt(f float64) bool { return float64(int64(f)) == f }

// findString returns the position of a string among the entries, or -1.
func (t *Table) findString(key *str) int {
	if len(t.entries) == 0 {
		return -1
	}
	hash := key.hash
	if hash == 0 {
		hash = t.state.hashOf(key)
	}
	if t.index == nil {
		for i := range t.entries {
			e := &t.entries[i]
			if e.hash == hash && e.key.is(KindString) && t.state.sameKey(e.key.str(), key) {
				return i
			}
		}
		return -1
	}
	for at := t.index.buckets[hash&uint32(len(t.index.buckets)-1)]; at != 0; {
		e := &t.entries[at-1]
		if e.hash == hash && e.key.is(KindString) && t.state.sameKey(e.key.str(), key) {
			return int(at - 1)
		}
		at = e.next
	}
	return -1
}

// sameKey reports whether two strings are equal. Long ones that are not the same block
// cost their length.
func (s *State) sameKey(a, b *str) bool {
	if a != b && a.length >= bigWork && a.length == b.length {
		s.budget -= int64(a.length / bytesPerStep)
	}
	return a.equal(b)
}

// find returns the position of a key that is neither nil nor NaN among the entries, or
// -1.
func (t *Table) find(key Value) int {
	if key.is(KindString) {
		return t.findString(key.str())
	}
	if len(t.entries) == 0 {
		return -1
	}
	hash := t.state.hash(key)
	if t.index == nil {
		for i := range t.entries {
			if e := &t.entries[i]; e.hash == hash && rawEqual(e.key, key) {
				return i
			}
		}
		return -1
	}
	for at := t.index.buckets[hash&uint32(len(t.index.buckets)-1)]; at != 0; {
		e := &t.entries[at-1]
		if e.hash == hash && rawEqual(e.key, key) {
			return int(at - 1)
		}
		at = e.next
	}
	return -1
}

// hash returns the hash of a key. Objects are given one when they first are a key: no
// address takes part.
func (s *State) hash(key Value) uint32 {
	switch {
	case key.isNumber():
		f := key.float()
		if f == 0 {
			f = 0 // -0 is the same key
		}
		h := (math.Float64bits(f) ^ s.numberSeed) * s.numberFactor
		return uint32(h>>32) | 1
	case key.is(KindString):
		return s.hashOf(key.str())
	case key.is(KindTable):
		return s.identity(&key.table().hash)
	case key.is(KindFunction):
		return s.identity(&key.fn().hash)
	case key.is(kindGoFunction):
		return s.identity(&key.gofn().hash)
	case key.is(KindUserdata):
		return s.identity(&key.userdata().hash)
	case key.is(KindThread):
		return s.identity(&key.thread().hash)
	}
	return uint32(key.n) // a boolean
}

// identity returns the hash of an object, and gives it the next one if it has none.
func (s *State) identity(hash *uint32) uint32 {
	if *hash == 0 {
		s.lastIdentity += 0x9e3779b9 // spreads consecutive objects over the buckets
		*hash = s.lastIdentity | 1
	}
	return *hash
}

// get returns the value of a key, without metamethods.
func (t *Table) get(key Value) Value {
	switch {
	case key.isNumber():
		f := key.float()
		if i := int(f); float64(i) == f {
			return t.getInt(i)
		}
	case key.IsNil():
		return Nil
	}
	if at := t.find(key); at >= 0 {
		return t.entries[at].value
	}
	return Nil
}

func (t *Table) getInt(i int) Value {
	if uint(i) < uint(len(t.array)) {
		return t.array[i]
	}
	if !t.hasInts {
		return Nil
	}
	if at := t.find(Value{n: ^math.Float64bits(float64(i))}); at >= 0 {
		return t.entries[at].value
	}
	return Nil
}

func (t *Table) getString(key *str) Value {
	if at := t.findString(key); at >= 0 {
		return t.entries[at].value
	}
	return Nil
}

// set stores a value under a key, without metamethods. The error is of a key that cannot
// be one, or of the memory limit.
func (t *Table) set(key, value Value) error {
	t.barrier(key)
	switch {
	case key.is(KindString):
		return t.setString(key.str(), value)
	case key.isNumber():
		f := key.float()
		if i := int(f); float64(i) == f {
			return t.setInt(i, value)
		}
		if f != f {
			return errIndexNaN
		}
	case key.IsNil():
		return errIndexNil
	}
	t.barrier(value)
	if at := t.find(key); at >= 0 {
		t.entries[at].value = value
		return nil
	}
	if value.IsNil() {
		return nil
	}
	return t.insert(key, value)
}

func (t *Table) setString(key *str, value Value) error {
	t.barrier(value)
	t.noteMode(key)
	if at := t.findString(key); at >= 0 {
		e := &t.entries[at]
		if e.value.IsNil() {
			t.absent = 0
		}
		e.value = value
		return nil
	}
	if value.IsNil() {
		return nil
	}
	return t.insert(stringValue(t.state.canonical(key)), value)
}

// shortList is the length of the array part up to which insert counts numbers before the
// entries are full.
const shortList = 64

// insert adds a key that is not among the entries.
func (t *Table) insert(key, value Value) error {
	if len(t.entries) == cap(t.entries) {
		if stored, err := t.rehash(key, value); err != nil || stored {
			return err
		}
	} else if n := len(t.entries); (n == 1 || n == 2) && t.hasInts && key.isNumber() && len(t.array) <= shortList {
		// A list with nil in it gets its array where the reference has one: # and unpack
		// then reach its end.
		if size := t.arraySize(key); size > len(t.array) {
			if stored, err := t.moveToArray(size, key, value); err != nil || stored {
				return err
			}
		}
	}
	t.absent = 0
	if key.is(KindString) {
		t.state.noteKey(key.str())
	}
	t.link(key, value, t.state.hash(key))
	return nil
}

func (t *Table) setInt(i int, value Value) error {
	t.barrier(value)
	if uint(i) < uint(len(t.array)) {
		t.array[i] = value
		if value.IsNil() && i == len(t.array)-1 {
			t.shrink()
		}
		return nil
	}
	if value.IsNil() {
		if t.hasInts {
			if at := t.find(Int(i)); at >= 0 {
				t.entries[at].value = Nil
			}
		}
		return nil
	}
	if i == len(t.array) && (i > 0 || cap(t.array) > 0) {
		return t.append(value)
	}
	if i == 1 && len(t.array) == 0 {
		return t.startArray(value)
	}
	if uint(i) < uint(cap(t.array)) {
		t.array[:cap(t.array)][i] = Nil // its place is among the entries now: see wasInArray
	}
	if t.hasInts {
		if at := t.find(Int(i)); at >= 0 {
			t.entries[at].value = value
			return nil
		}
	}
	return t.insert(Int(i), value)
}

// shrink cuts values that are nil off the array's end. Their places are marked: a loop
// over the table may be there.
func (t *Table) shrink() {
	n := len(t.array)
	for n > 0 && t.array[n-1].IsNil() {
		n--
		t.array[n] = wasThere
	}
	t.array = t.array[:n]
}

// wasThere is after the end of an array where a value has been. No value is like it.
var wasThere = Value{n: uint64(kindCell)}

// wasInArray reports whether a key's value was the last one to go from its place in the
// array, which has become shorter since then.
func (t *Table) wasInArray(key Value) bool {
	if !key.isNumber() || !isInt(key.float()) {
		return false
	}
	f := key.float()
	return f >= 0 && f < float64(cap(t.array)) && t.array[:cap(t.array)][int(f)] == wasThere
}

// startArray stores the value of key 1 in an array that is empty. Key 0, if it was set
// before, moves there.
func (t *Table) startArray(value Value) error {
	if size := t.runFrom(2); size > cap(t.array) {
		if err := t.growArray(max(size, 4)); err != nil {
			return err
		}
	}
	zero := Nil
	if t.hasInts {
		zero = t.pull(0)
	}
	t.array = append(t.array, zero, value)
	t.pullOn()
	return nil
}

// append stores the value of key len(array).
func (t *Table) append(value Value) error {
	i := len(t.array)
	if least := t.runFrom(i + 1); least > cap(t.array) {
		if thinned, err := t.thinOut(); err != nil {
			return err
		} else if thinned {
			return t.setInt(i, value)
		}
		size := i * 2
		if size > 1<<20 {
			size = i + i/2
		}
		if err := t.growArray(max(size, least, 4)); err != nil {
			return err
		}
		if len(t.array) != i { // a walk at the limit has taken the last values of a weak table
			return t.setInt(i, value)
		}
	}
	t.array = append(t.array, value)
	if t.hasInts {
		t.pullOn()
	}
	return nil
}

// thinOut makes the array part smaller, instead of larger, if half of it is nil or more:
// the array of a queue, whose first values go as new ones come, would grow for ever.
// Values after the new end move to the entries. It reports whether that was done.
func (t *Table) thinOut() (done bool, err error) {
	if len(t.array) <= shortList {
		return false, nil
	}
	t.state.look(len(t.array))
	inArray := 0
	for _, v := range t.array {
		if !v.IsNil() {
			inArray++
		}
	}
	if inArray > len(t.array)/2 {
		return false, nil
	}
	size := t.arraySize(Int(len(t.array)))
	if size >= len(t.array) { // with what is among the entries it is full enough
		return false, nil
	}
	if err := t.growEntries(max(2*(t.liveEntries()+inArray), linearMax)); err != nil {
		return false, err
	}
	if err := t.state.charge(pointerClass(size * valueBytes)); err != nil {
		return false, err
	}
	t.moved()
	size = min(size, len(t.array)) // of a weak table a walk may have taken values
	for size > 0 && size < len(t.array) && !t.array[size].IsNil() {
		size++ // its end must be a border
	}
	if size == len(t.array) {
		return false, nil
	}
	old := t.array
	t.array = append(make([]Value, 0, size), old[:size]...)
	for i, v := range old[size:] {
		if !v.IsNil() {
			t.link(Int(size+i), v, t.state.hash(Int(size+i)))
		}
	}
	t.shrink()
	return true, nil
}

// runFrom returns the first whole number from i on that is not among the entries' keys.
// Room is made for all numbers below it before a value is stored there: pullOn must not
// fail half-way.
func (t *Table) runFrom(i int) int {
	if t.hasInts {
		for !t.getHashed(i).IsNil() {
			i++
		}
	}
	return i
}

// pullOn moves the keys that follow the array from the entries into it. There is room for
// them: see runFrom.
func (t *Table) pullOn() {
	for t.hasInts && len(t.array) < cap(t.array) {
		value := t.pull(len(t.array))
		if value.IsNil() {
			return
		}
		t.array = append(t.array, value)
	}
}

func (t *Table) getHashed(i int) Value {
	if at := t.find(Int(i)); at >= 0 {
		return t.entries[at].value
	}
	return Nil
}

// pull takes a whole number out of the entries.
func (t *Table) pull(i int) Value {
	at := t.find(Int(i))
	if at < 0 {
		return Nil
	}
	value := t.entries[at].value
	t.entries[at].value = Nil
	if t.state.phase == walkMark { // it may go from after the place that is looked at to one before it
		t.barrier(value)
	} else {
		t.moved()
	}
	return value
}

// rehash makes room for a new key when the entries are full. Whole numbers move to the
// array part if more than half of it is then in use. It reports whether the key is one of
// them, and stored there.
func (t *Table) rehash(key, value Value) (stored bool, err error) {
	t.state.look(len(t.entries))
	if t.hasInts || key.isNumber() {
		t.state.look(len(t.array))
		if size := t.arraySize(key); size > len(t.array) {
			if stored, err = t.moveToArray(size, key, value); err != nil || stored {
				return stored, err
			}
		}
	}
	live := t.liveEntries()
	size := cap(t.entries)
	switch {
	case size == 0:
		size = 4
	case live > size*3/4 || live == size:
		size *= 2
	case live < size/4 && size > 4:
		size /= 2
	}
	return false, t.growEntries(size)
}

// liveEntries returns how many entries have a value.
func (t *Table) liveEntries() (live int) {
	for i := range t.entries {
		if !t.entries[i].value.IsNil() {
			live++
		}
	}
	return live
}

// arraySize returns the largest size 2^n + 1 of the array part at which more than half of
// it would be in use.
func (t *Table) arraySize(extra Value) int {
	var bins [32]int // how many keys are in (2^(i-1), 2^i]
	total := 0
	count := func(f float64) {
		if f >= 1 && f <= 1<<30 && isInt(f) {
			bins[ceilLog2(uint64(f))]++
			total++
		}
	}
	for i := range t.entries {
		if e := &t.entries[i]; e.key.isNumber() && !e.value.IsNil() {
			count(e.key.float())
		}
	}
	if extra.isNumber() {
		count(extra.float())
	}
	if total == 0 {
		return 0
	}
	for i := 1; i < len(t.array); i++ {
		if !t.array[i].IsNil() {
			bins[ceilLog2(uint64(i))]++
			total++
		}
	}
	best, sum := 0, 0
	for i, power := 0, 1; i < len(bins) && power/2 < total; i, power = i+1, power*2 {
		sum += bins[i]
		if sum > power/2 {
			best = power + 1
		}
	}
	return best
}

func ceilLog2(n uint64) int {
	log := 0
	for m := n - 1; m > 0; m >>= 1 {
		log++
	}
	return log
}

// moveToArray makes the array part hold the keys below size. It stores the new key there,
// too, if it is in range.
func (t *Table) moveToArray(size int, key, value Value) (stored bool, err error) {
	t.moved()
	at := -1
	if key.isNumber() && isInt(key.float()) {
		at = int(key.float())
	}
	least := max(size, cap(t.array))
	for least == at || !t.getHashed(least).IsNil() { // the values after it go along: the array's end must be a border
		least++
	}
	if least > cap(t.array) {
		if err := t.growArray(least); err != nil {
			return false, err
		}
	}
	old := len(t.array)
	t.array = t.array[:cap(t.array)]
	clear(t.array[old:])
	for i := range t.entries {
		e := &t.entries[i]
		if !e.key.isNumber() || e.value.IsNil() {
			continue
		}
		if f := e.key.float(); f >= 0 && f < float64(len(t.array)) && isInt(f) {
			t.array[int(f)] = e.value
			e.value = Nil
		}
	}
	if stored = at >= 0 && at < len(t.array); stored {
		t.array[at] = value
	}
	t.shrink()
	return stored, nil
}

// length returns a border: a number n ≥ 0 with t[n] ~= nil, or n = 0, and t[n+1] == nil.
func (t *Table) length() int {
	if n := len(t.array); n > 0 {
		return n - 1
	}
	return 0
}

// next returns the key and the value after a key in the order of traversal, or nil at the
// end. known is false if the key is not in the table. hint is where the key's entry was
// found last time; it is updated.
func (t *Table) next(key Value, hint *uint32) (k, v Value, known bool) {
	i := 0 // in the array, then after it in the entries
	switch {
	case key.IsNil():
	case key.isNumber() && isInt(key.float()) && key.float() >= 0 && key.float() < float64(len(t.array)):
		i = int(key.float()) + 1
	default:
		at := -1
		if h := int(*hint); h < len(t.entries) && t.entries[h].key == key {
			at = h
		} else {
			at = t.find(key)
		}
		if at < 0 || t.entries[at].value.IsNil() {
			switch {
			case t.wasInArray(key):
				at = -1 // an entry is from before the number moved to the array
			case at < 0:
				return Nil, Nil, false
			}
		}
		i = len(t.array) + at + 1
	}
	from := i
	for ; i < len(t.array); i++ {
		if !t.array[i].IsNil() {
			t.state.look(i - from)
			return Value{n: ^math.Float64bits(float64(i))}, t.array[i], true
		}
	}
	for at := i - len(t.array); at < len(t.entries); at++ {
		if e := &t.entries[at]; !e.value.IsNil() {
			*hint = uint32(at)
			t.state.look(len(t.array) + at - from)
			return e.key, e.value, true
		}
	}
	t.state.look(len(t.array) + len(t.entries) - from)
	return Nil, Nil, true
}

// Get returns the value of a key, without metamethods.
func (t *Table) Get(key Value) Value { return t.get(key) }

// GetInt returns the value of a whole-number key, without metamethods.
func (t *Table) GetInt(i int) Value { return t.getInt(i) }

// GetString returns the value of a string key, without metamethods. It allocates nothing.
func (t *Table) GetString(key string) Value {
	if len(t.entries) == 0 {
		return Nil
	}
	if len(key) <= canonMax {
		if known := t.state.canon[canonIndex(key)]; known != nil && known.text() == key {
			return t.getString(known)
		}
	}
	made, bytes := newBlock(len(key))
	copy(bytes, key)
	return t.getString(made)
}

// Set stores a value under a key, without metamethods; nil removes the key. The error is
// of a key that is nil or NaN, or of the memory limit.
func (t *Table) Set(key, value Value) error { return t.set(key, value) }

// SetInt stores a value under a whole number, without metamethods.
func (t *Table) SetInt(i int, value Value) error { return t.setInt(i, value) }

// SetString stores a value under a string, without metamethods.
func (t *Table) SetString(key string, value Value) error {
	k, err := t.state.canonicalText(key)
	if err != nil {
		return err
	}
	return t.setString(k, value)
}

// Append stores a value under the key Len() + 1.
func (t *Table) Append(value Value) error { return t.setInt(t.length()+1, value) }

// Len returns the table's length as # does, without metamethods: a border.
func (t *Table) Len() int { return t.length() }

// Next returns the key and the value that follow a key in the order of traversal: the
// array part from 0, then the other keys in the order in which they were first set. It
// begins with nil, and ends with a nil key. known is false if the key is not in the
// table. Fields may be assigned nil, and changed, on the way; new ones may not be added.
func (t *Table) Next(key Value) (k, v Value, known bool) {
	hint := uint32(math.MaxInt32)
	return t.next(key, &hint)
}

// All yields all keys and values in the order of Next. The loop may change values and
// remove keys.
func (t *Table) All(yield func(key, value Value) bool) {
	for i := 0; i < len(t.array); i++ {
		if v := t.array[i]; !v.IsNil() && !yield(Int(i), v) {
			return
		}
	}
	for i := 0; i < len(t.entries); i++ {
		if e := t.entries[i]; !e.value.IsNil() && !yield(e.key, e.value) {
			return
		}
	}
}

// Metatable returns the table's metatable, or nil.
func (t *Table) Metatable() *Table { return t.meta }

// SetMetatable gives the table a metatable; nil takes it away.
func (t *Table) SetMetatable(meta *Table) {
	if t.meta != nil && t.scanned == t.state.scanning {
		if keys, values := t.weakness(t.state); keys || values {
			t.state.remoded = true
		}
	}
	t.meta = meta
	if meta != nil {
		t.barrier(meta.Value())
		t.state.noteMetatable(meta)
	}
}

// Value returns the table as a Value.
func (t *Table) Value() Value { return tableValue(t) }

// Clear removes all keys and keeps the room, as LuaJIT's table.clear does.
func (t *Table) Clear() {
	if t.scanned == t.state.scanning {
		t.state.remoded = true // a __mode may be among the keys
	}
	clear(t.array)
	t.shrink()
	if t.index != nil && len(t.entries) > 0 { // the buckets of many more keys may be left
		clear(t.index.buckets)
	}
	clear(t.entries)
	t.entries = t.entries[:0]
	t.hasInts, t.absent = false, 0
}
