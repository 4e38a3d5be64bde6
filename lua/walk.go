package lua

import (
	"math"
	"strings"
)

// walkState is the state of the walk over a state's roots. The walk finds the live
// values: it corrects the memory charge, clears weak tables and queues finalizers. Go's
// collector frees the memory itself.
type walkState struct {
	epoch      uint32 // of the newest walk: objects with this mark were found
	walkWanted bool
	weak       bool // some metatable has a __mode, or a __gc: walks happen at twice the live bytes

	listed     []*Userdata // those that may have a finalizer, in order of creation
	dead       []*Userdata // found by the present walk
	pending    []*Userdata // whose finalizers are to run, the first one first
	finalizing bool

	phase    walkPhase
	scanning uint32      // the epoch while values are being found: stores into tables that were looked into find theirs
	born     uint32      // mark of new objects: the epoch during a walk, which need not look into them
	marking  []Value     // found, but not looked into yet
	large    weakTable   // that is being looked into over several slices, from position on; no table if none is
	position int         // in its array; from -1 on downwards, in its entries
	strings  [][]Value   // of constants, not looked into yet: of functions that have many
	touched  []*Thread   // looked into, and resumed since then
	markers  []*Userdata // looked into, with values that Go code may change
	weakly   []weakTable // with weak keys or values
	remoded  bool        // the mode of a weak table that was looked into may have changed
	cleared  int         // of weakly: those whose values were cleared
	sweeping int         // of weakly or of listed: how many were looked at
	place    int         // in the table that is being swept, as position
	kept     int         // of listed
	live     int64       // bytes found so far
	began    int64       // used when the walk began
	scratch  []byte      // for numbers that are joined to strings
}

// weakTable is a table, and whether its keys and its values were weak when it was looked
// into.
type weakTable struct {
	t            *Table
	keys, values bool
}

// keepMarking is how long a list of values to look into may be and be kept for the next
// walk.
const keepMarking = 1024

// A walkPhase is how far a walk is. It goes on a slice at a time, of sliceUnits values
// looked at, at the checkpoints of the state: a number of steps, not a time, so that it
// is the same in each run. Lua code runs in between. An object that is stored in a table
// that was looked into already is found by the store (Table.barrier). Objects that are
// born during a walk count as looked into. Stacks are looked at once more when nothing
// else is left, until nothing is found there that takes another slice. So everything that
// can be reached then is found.
//
// A table's mode is the one that its metatable had then, too: tables whose mode has
// changed since they were looked into are looked into once more.
type walkPhase uint8

const (
	walkIdle   walkPhase = iota
	walkMark             // finds the live values
	walkValues           // clears weak values
	walkListed           // queues finalizers, and finds their values
	walkKeys             // clears weak keys
)

// sliceUnits is how many values a slice looks at: about a fifth of a millisecond.
const sliceUnits = 20_000

// firstWalk is the memory from which on a state with weak tables or finalizers walks by
// itself.
const firstWalk = 1 << 20

// noteMetatable is called when a table becomes a metatable.
func (s *State) noteMetatable(meta *Table) {
	if s.weak {
		return
	}
	if gc := meta.metamethod(s, eventGC); !gc.IsNil() && !gc.is(kindGoFunction) ||
		!meta.metamethod(s, eventMode).IsNil() {
		s.noteWeak()
	}
}

// noteKey is called when a string becomes a key: __mode or __gc may be set after
// setmetatable.
func (s *State) noteKey(key *str) {
	if key.length != len("__mode") && key.length != len("__gc") || s.weak {
		return
	}
	if text := key.text(); text == "__mode" || text == "__gc" {
		s.noteWeak()
	}
}

func (s *State) noteWeak() {
	s.weak = true
	s.threshold = min(s.maxMemory, max(2*s.used, firstWalk))
}

// noteFinalizer lists a userdata that may have a finalizer.
func (s *State) noteFinalizer(u *Userdata) {
	u.finalizer = listed
	s.use(8)
	s.listed = append(s.listed, u)
}

// safePoint does the work that was put off until no operation is under way.
func (s *State) safePoint() error {
	s.forgetAbove()
	if s.walkWanted {
		s.walkWanted = false
		if s.phase == walkIdle {
			s.beginWalk()
		}
	}
	if s.phase != walkIdle {
		units := sliceUnits
		if s.stress || s.small {
			units = 3
		}
		s.advance(units)
	}
	if s.active != nil { // a function of Go must find things as it left them: finalizers wait until it has returned
		return nil
	}
	return s.finalizeSome()
}

// Collect walks the state at once, runs the finalizers that are due, and returns the
// bytes that are live. collectgarbage() does the same. Collect may only be called where
// no Lua code of the state runs, or from a Go function.
func (s *State) Collect() (int64, error) {
	s.checkOwner()
	s.clearAbove()
	s.walk()
	err := s.finalize(math.MaxInt)
	return s.used, err
}

// CollectStep goes on with a walk, or begins one, until it has looked at so many values,
// and reports whether it is finished: then it runs the finalizers that are due. It may be
// called where Collect may be.
func (s *State) CollectStep(values int) (finished bool, err error) {
	s.checkOwner()
	s.clearAbove()
	if s.phase == walkIdle {
		s.beginWalk()
	}
	s.advance(min(max(values, 1), math.MaxInt-1))
	if s.phase != walkIdle {
		return false, nil
	}
	return true, s.finalize(math.MaxInt)
}

// walk finds all live values in one piece.
func (s *State) walk() {
	if s.nesting == 0 {
		clear(s.main.stack) // nothing runs
	}
	s.sweepRest()
	s.endWalk()
	s.beginWalk()
	s.advance(math.MaxInt)
}

// sweepRest finishes a walk that has found all that is live: it may have taken some
// userdata off their list already.
func (s *State) sweepRest() {
	if s.phase > walkMark {
		s.advance(math.MaxInt)
	}
}

func (s *State) beginWalk() {
	s.epoch++
	s.phase, s.scanning, s.born, s.began = walkMark, s.epoch, s.epoch, s.used
	s.live = stateBytes + s.held
	clear(s.spares)
	s.spares = s.spares[:0]
	s.markRoots()
}

// endWalk forgets a walk.
func (s *State) endWalk() {
	s.phase, s.scanning, s.born, s.sweeping, s.kept, s.cleared = walkIdle, noEpoch, 0, 0, 0, 0
	s.weakly, s.markers, s.large, s.remoded = nil, nil, weakTable{}, false
	clear(s.touched)
	s.touched = s.touched[:0]
	s.strings = nil
	s.marking = s.marking[:0]
	if cap(s.marking) > keepMarking {
		s.marking = nil
	}
}

// noEpoch is none.
const noEpoch = math.MaxUint32

// advance goes on with a walk until it has looked at so many values.
func (s *State) advance(units int) {
	whole := units == math.MaxInt
	if s.phase > walkMark { // values that Lua code has taken out of a weak table in the meantime stay
		s.lookAgain()
	}
	for units > 0 {
		if units = s.markSome(units); units <= 0 {
			return
		}
		switch s.phase {
		case walkIdle:
			return
		case walkMark:
			// The values that only stacks hold by now are left.
			s.lookAgain()
			if units = s.markSome(units); units <= 0 || s.changedMode() {
				continue
			}
			s.phase, s.sweeping, s.place = walkValues, 0, 0
			if n := s.sweepUnits(); n <= sweptAtOnce {
				s.sweepValues(math.MaxInt)
				s.sweepListed(math.MaxInt)
				units -= n
			}
		case walkValues:
			units = s.sweepValues(units)
		case walkListed:
			units = s.sweepListed(units)
		case walkKeys:
			if n := s.sweepUnits(); s.sweeping == 0 && n <= sweptAtOnce {
				s.clearTables(math.MaxInt)
				s.finishWalk(whole)
				return
			}
			if units = s.clearTables(units); units > 0 {
				s.finishWalk(whole)
			}
		}
	}
}

func (s *State) sweepValues(units int) int {
	if units = s.clearTables(units); units > 0 {
		s.cleared = len(s.weakly)
		s.phase, s.sweeping, s.kept = walkListed, 0, 0
	}
	return units
}

func (s *State) sweepListed(units int) int {
	if units = s.queueFinalizers(units); units > 0 {
		s.phase, s.sweeping, s.place = walkKeys, 0, 0
	}
	return units
}

// lookAgain finds the values that stacks hold by now, and those that Go code may have
// stored.
func (s *State) lookAgain() {
	for th := s.thread; th != nil; th = th.resumer {
		s.mark(threadValue(th))
		s.lookIntoStack(th)
	}
	for i, th := range s.touched {
		th.scanned = s.epoch
		s.lookIntoStack(th)
		s.touched[i] = nil
	}
	s.touched = s.touched[:0]
	for _, u := range s.markers {
		if m, ok := u.data.(Marker); ok {
			m.Mark(s.mark)
		}
	}
	s.lookIntoLoading()
}

// sweptAtOnce is how much of weak tables and userdata is swept in one piece: less than
// two milliseconds. Lua code can see a part only of a longer sweep. It can then take from
// one weak table a value that was removed from another one.
const sweptAtOnce = 2 * sliceUnits

// changedMode looks for a weak table whose mode has changed since it was looked into, and
// begins to look into it again.
func (s *State) changedMode() bool {
	if !s.remoded {
		return false
	}
	for i := range s.weakly {
		w := &s.weakly[i]
		if keys, values := w.t.weakness(s); keys != w.keys || values != w.values {
			w.keys, w.values = keys, values
			s.large, s.position = *w, 0
			return true
		}
	}
	s.remoded = false
	return false
}

// noteMode notes that a key of a table is assigned, which may be the __mode of a
// metatable that was looked at.
func (t *Table) noteMode(key *str) {
	if s := t.state; t.scanned == s.scanning && key.length == len("__mode") && key.text() == "__mode" {
		s.remoded = true
	}
}

// sweepUnits returns how many places there are to sweep.
func (s *State) sweepUnits() int {
	n := len(s.listed)
	for _, w := range s.weakly {
		n += w.t.Slots() + 1
	}
	return n
}

// finishWalk corrects the charge. Memory charged since the walk began may have been
// found, too: it counts twice until the next walk.
func (s *State) finishWalk(whole bool) {
	for i, text := range &s.canon {
		if text != nil && text.mark != s.epoch {
			s.canon[i] = nil
		}
	}
	s.forgetShort()
	if whole {
		for _, w := range s.weakly {
			w.t.dropDead(s)
		}
	}
	before := s.used
	s.used = s.live + max(s.used-s.began, 0)
	s.freed += max(before-s.used, 0)
	s.threshold = s.maxMemory
	if s.weak {
		s.threshold = min(s.maxMemory, max(2*s.used, firstWalk))
	}
	s.endWalk()
}

// found finds a value that is stored where no store of a table is, while a walk is under
// way.
func (s *State) found(v Value) {
	if s.phase != walkIdle {
		s.mark(v)
	}
}

// barrier finds a value that is stored in a table during a walk, if the walk has looked
// into the table already.
func (t *Table) barrier(v Value) {
	if t.scanned == t.state.scanning {
		t.state.mark(v)
	}
}

// touch notes that a coroutine's stack changes after the walk under way has looked into
// it.
func (th *Thread) touch() {
	if s := th.state; th.scanned == s.scanning {
		th.scanned = 0
		s.touched = append(s.touched, th)
	}
}

// moved notes that a table's values have changed places: a walk that is looking at them
// begins once more.
func (t *Table) moved() {
	s := t.state
	if s.phase == walkIdle {
		return
	}
	if s.large.t == t {
		s.position = 0
	}
	if s.sweeps(t) {
		s.place = 0
	}
}

// sweeps reports whether a walk is removing dead entries from a table.
func (s *State) sweeps(t *Table) bool {
	return (s.phase == walkValues || s.phase == walkKeys) && s.sweeping < len(s.weakly) && s.weakly[s.sweeping].t == t
}

// slid notes that the values of the array after place i have moved down by one: a walk
// that is looking at them goes on with the one that it had come to.
func (t *Table) slid(i int) {
	s := t.state
	if s.phase != walkIdle && s.large.t == t && s.position > i {
		s.position--
	}
	if s.sweeps(t) && s.place > i {
		s.place--
	}
}

func (s *State) markRoots() {
	s.mark(tableValue(s.globals))
	s.mark(tableValue(s.registry))
	s.mark(threadValue(s.main))
	for th := s.thread; th != nil; th = th.resumer {
		s.mark(threadValue(th))
	}
	for _, meta := range s.metas {
		if meta != nil {
			s.mark(tableValue(meta))
		}
	}
	for _, name := range s.names.events {
		s.mark(stringValue(name))
	}
	s.mark(s.names.empty)
	s.mark(s.names.notEnoughMemory)
	for _, r := range s.refs.list {
		s.mark(r.value)
	}
	for _, f := range s.primitives {
		if f != nil {
			s.mark(goValue(f))
		}
	}
	for _, u := range s.pending {
		s.mark(userdataValue(u))
	}
	s.lookIntoLoading()
}

// mark notes that a value is live. markSome looks at the values that it refers to.
func (s *State) mark(v Value) {
	if v.p == nil {
		return
	}
	mark := (*uint32)(nil)
	switch Kind(v.n) {
	case KindString:
		if t := v.str(); t.mark != s.epoch {
			t.mark = s.epoch
			s.live += int64(stringSize(t.length))
		}
		return
	case KindTable:
		mark = &v.table().mark
	case KindFunction:
		mark = &v.fn().mark
	case kindGoFunction:
		mark = &v.gofn().mark
	case KindUserdata:
		mark = &v.userdata().mark
	case KindThread:
		mark = &v.thread().mark
	case kindCell:
		mark = &v.cell().mark
	}
	if *mark != s.epoch {
		*mark = s.epoch
		s.marking = append(s.marking, v)
	}
}

func (s *State) marked(v Value) bool {
	switch Kind(v.n) {
	case KindTable:
		return v.table().mark == s.epoch
	case KindFunction:
		return v.fn().mark == s.epoch
	case kindGoFunction:
		return v.gofn().mark == s.epoch
	case KindUserdata:
		return v.userdata().mark == s.epoch
	case KindThread:
		return v.thread().mark == s.epoch
	}
	return true
}

// markSome looks into the values found, and returns the units that are left.
func (s *State) markSome(units int) int {
	for units > 0 {
		if s.large.t != nil {
			units = s.lookIntoTable(units)
			continue
		}
		if len(s.strings) > 0 {
			units = s.lookIntoStrings(units)
			continue
		}
		n := len(s.marking)
		if n == 0 {
			return units
		}
		v := s.marking[n-1]
		s.marking = s.marking[:n-1]
		units--
		switch Kind(v.n) {
		case KindTable:
			s.openTable(v.table())
		case KindFunction:
			s.live += int64(functionSize(len(v.fn().ups)))
			s.markFunction(v.fn())
			s.lookIntoProto(v.fn().proto)
		case kindGoFunction:
			f := v.gofn()
			s.live += goFunctionBytes
			s.mark(tableValue(f.env))
			s.mark(f.held)
		case KindUserdata:
			u := v.userdata()
			s.live += userdataBytes
			if u.meta != nil {
				s.mark(tableValue(u.meta))
			}
			if m, ok := u.data.(Marker); ok {
				s.markers = append(s.markers, u)
				m.Mark(s.mark)
			}
			if sized, ok := u.data.(Sized); ok {
				s.live += int64(sized.Size())
			}
		case KindThread:
			th := v.thread()
			s.live += int64(th.size())
			th.scanned = s.epoch
			s.lookIntoStack(th)
			units -= len(th.stack) + coroutineUnits
		case kindCell:
			s.live += cellBytes
			s.mark(v.cell().v)
		}
	}
	return units
}

// markFunction finds the values that a function holds.
func (s *State) markFunction(f *Function) {
	for _, up := range f.ups {
		s.mark(up)
	}
	s.mark(tableValue(f.env))
}

// coroutineUnits is how many values a coroutine counts as, beyond its stack: it is in
// several places of the memory.
const coroutineUnits = 50

// A Marker is a Go value in a userdata that holds Lua values: Mark calls mark for each of
// them.
type Marker interface{ Mark(mark func(Value)) }

// Sized is a Go value in a userdata that takes memory of its own: Size returns how many
// bytes, always the same. Walks count them as long as the userdata lives; see Charge for
// those before the first walk.
type Sized interface{ Size() int }

const cellBytes = 24

func (s *State) lookIntoProto(p *proto) {
	if p.mark == s.epoch {
		return
	}
	p.mark = s.epoch
	s.live += int64(protoSize(p.source))
	s.lookIntoText(p.text)
	if len(p.constants) > manyConstants {
		s.strings = append(s.strings, p.constants)
	} else {
		for _, c := range p.constants {
			s.mark(c)
		}
	}
	for _, child := range p.children {
		if child != nil {
			s.lookIntoProto(child)
		}
	}
}

// manyConstants is from which number on constants, all of them numbers or strings, are
// looked into over several slices.
const manyConstants = 256

// lookIntoStrings looks into the next constants, and returns the units that are left.
func (s *State) lookIntoStrings(units int) int {
	last := len(s.strings) - 1
	list := s.strings[last]
	n := min(len(list), units)
	for _, c := range list[:n] {
		s.mark(c)
	}
	if s.strings[last] = list[n:]; n == len(list) {
		s.strings = s.strings[:last]
	}
	return units - n
}

func (s *State) lookIntoText(t *chunkText) {
	if t.mark != s.epoch {
		t.mark = s.epoch
		s.live += int64(t.size())
	}
}

func (s *State) lookIntoLoading() {
	if s.loading.text != nil {
		s.lookIntoText(s.loading.text)
	}
	if s.loading.proto != nil {
		s.lookIntoProto(s.loading.proto)
	}
}

func (s *State) lookIntoStack(th *Thread) {
	for i := range th.stack {
		s.mark(th.stack[i])
	}
	for i := range th.depth {
		if f := th.frames[i].fn; f != nil {
			s.mark(functionValue(f))
		}
	}
	if th.resumer != nil {
		s.mark(threadValue(th.resumer))
	}
	if th.env != nil {
		s.mark(tableValue(th.env))
	}
	if th.task != nil {
		th.task.mark(s)
	}
}

// mark finds the coroutine in which a suspended task waits, which finds those that wait
// for it.
func (t *Task) mark(s *State) {
	if t.inner != nil {
		s.mark(threadValue(t.inner))
	}
	if t.failure != nil {
		s.mark(t.failure.Value)
	}
}

// size is the memory of a table, the room that came with it included.
func (t *Table) size() int {
	size := t.base()
	if array := cap(t.array) * valueBytes; array > 0 && !t.arrayInside() {
		size += pointerClass(array)
	}
	if entries := cap(t.entries) * entryBytes; entries > 0 && !t.entriesInside() {
		size += pointerClass(entries)
	}
	if t.index != nil {
		size += sizeClass(len(t.index.buckets)*4) + 24
	}
	return size
}

// openTable begins to look into a table.
func (s *State) openTable(t *Table) {
	s.live += int64(t.size())
	t.scanned = s.epoch
	s.large, s.position = weakTable{t: t}, 0
	if t.meta != nil {
		s.mark(tableValue(t.meta))
		if keys, values := t.weakness(s); keys || values {
			s.large = weakTable{t, keys, values}
			s.weakly = append(s.weakly, s.large)
			t.meta.scanned = s.epoch // from now on its __mode is watched
		}
	}
}

// maxMode is how many bytes of a __mode are looked at, which happens for each of the
// tables that have it.
const maxMode = 1 << 10

// weakness reports whether a table's keys, and its values, are weak.
func (t *Table) weakness(s *State) (keys, values bool) {
	if t.meta == nil {
		return false, false
	}
	mode := t.meta.metamethod(s, eventMode)
	if !mode.is(KindString) {
		return false, false
	}
	text := mode.str().text()
	text = text[:min(len(text), maxMode)]
	return strings.Contains(text, "k"), strings.Contains(text, "v")
}

// lookIntoTable looks into the table at hand from where it was left, and returns how many
// units are left.
func (s *State) lookIntoTable(units int) int {
	t, weakKeys, weakValues := s.large.t, s.large.keys, s.large.values
	for ; s.position >= 0 && s.position < len(t.array); s.position++ {
		if units--; units < 0 {
			return 0
		}
		if v := t.array[s.position]; !weakValues || v.is(KindString) { // strings stay in weak tables
			s.mark(v)
		}
	}
	if s.position >= 0 {
		s.position = -1 // from here on downwards are the entries: the array may get shorter in between
	}
	for ; -1-s.position < len(t.entries); s.position-- {
		if units -= 2; units < 0 {
			return 0
		}
		e := &t.entries[-1-s.position]
		if e.value.IsNil() && !e.key.is(KindString) { // removed: nothing holds its key
			continue
		}
		if !weakKeys || e.key.is(KindString) {
			s.mark(e.key)
		}
		if !weakValues || e.value.is(KindString) {
			s.mark(e.value)
		}
	}
	s.large = weakTable{}
	return units
}

// clearTables removes from weak tables the values, or the keys, that nothing else holds.
// Values are removed before finalizers are looked for, which must not find them there;
// keys afterwards, and so are values of tables that only finalizers find. A removed key
// leaves an entry without a key.
func (s *State) clearTables(units int) int {
	for ; s.sweeping < len(s.weakly); s.sweeping, s.place = s.sweeping+1, 0 {
		if units--; units < 0 {
			return 0
		}
		w := s.weakly[s.sweeping]
		t := w.t
		keys := w.keys && s.phase == walkKeys
		values := w.values && (s.phase == walkValues || s.sweeping >= s.cleared)
		if !keys && !values {
			continue
		}
		for ; values && s.place >= 0 && s.place < len(t.array); s.place++ {
			if units--; units < 0 {
				return 0
			}
			if s.deadValue(t.array[s.place]) {
				t.array[s.place] = Nil
			}
		}
		if values && s.place >= 0 {
			t.shrink()
		}
		s.place = min(s.place, -1) // the array is done: from here on downwards are the entries
		for ; -1-s.place < len(t.entries); s.place-- {
			if units--; units < 0 {
				return 0
			}
			e := &t.entries[-1-s.place]
			switch {
			case keys && !s.marked(e.key):
				e.key, e.value = Nil, Nil
			case values && s.deadValue(e.value):
				e.value = Nil
			}
		}
	}
	return units
}

// deadValue reports whether a value of a weak table is to be removed. As in LuaJIT that
// includes a userdata whose finalizer runs.
func (s *State) deadValue(v Value) bool {
	return !s.marked(v) || v.is(KindUserdata) && v.userdata().finalizer == finalized
}

// dropDead makes new entries if some have lost their key, so that these can be freed.
// Keys that were removed but live may be where a loop over the table is, and stay.
func (t *Table) dropDead(s *State) {
	live := 0
	for i := range t.entries {
		e := &t.entries[i]
		if !e.value.IsNil() {
			live++
		} else if !e.key.IsNil() && s.marked(e.key) {
			return
		}
	}
	if dead := len(t.entries) - live; dead > 0 {
		s.live -= int64(t.size())
		t.scanned = 0 // the walk is over: it does not look into the table again
		used := s.used
		s.used = -1 << 62 // this takes less than it gives back: no limit must stop it
		if err := t.growEntries(live); err != nil {
			panic(err)
		}
		s.used = used
		s.live += int64(t.size())
	}
}

// queueFinalizers finds userdata that nothing holds: those with a __gc wait for it, in
// reverse order of creation.
func (s *State) queueFinalizers(units int) int {
	if s.sweeping == 0 {
		s.dead = s.dead[:0]
	}
	for ; s.sweeping < len(s.listed); s.sweeping++ {
		if units--; units < 0 {
			return 0
		}
		u := s.listed[s.sweeping]
		if u.mark == s.epoch {
			s.listed[s.kept] = u
			s.kept++
			continue
		}
		if s.hasFinalizer(u) {
			u.finalizer = finalized
			s.dead = append(s.dead, u)
		}
	}
	clear(s.listed[s.kept:])
	s.listed = s.listed[:s.kept]
	s.live += int64(s.kept) * 8
	for i := len(s.dead) - 1; i >= 0; i-- {
		s.pending = append(s.pending, s.dead[i])
		s.mark(userdataValue(s.dead[i]))
	}
	s.dead = nil
	return max(units, 1)
}

// finalizeSome runs some of the finalizers that are due, and the next ones soon: Lua code
// goes on in between.
func (s *State) finalizeSome() error {
	err := s.finalize(finalizersAtOnce)
	if len(s.pending) > 0 && s.budget > finalizersAtOnce {
		s.quantum -= s.budget - finalizersAtOnce
		s.budget = finalizersAtOnce
	}
	return err
}

const finalizersAtOnce = 100

// finalize runs the finalizers that are due, at most so many. An error in one is logged;
// one that Lua cannot catch ends the rest. While a walk still clears weak tables, which
// finalizers must not see as they were, they wait.
func (s *State) finalize(most int) error {
	if s.finalizing || len(s.pending) == 0 || s.phase > walkMark {
		return nil
	}
	s.finalizing = true
	defer func() { s.finalizing = false }()
	for ; most > 0 && len(s.pending) > 0; most-- {
		u := s.pending[0]
		s.pending[0] = nil
		s.pending = s.pending[1:]
		if err := s.finalizeOne(u); err != nil {
			if e, isLua := err.(*Error); isLua && !e.Catchable() {
				return e
			}
			if s.opts.Log != nil {
				s.opts.Log(err)
			}
		}
	}
	return nil
}

// finalizeAll runs the finalizers of all userdata that is left, in reverse order of
// creation, and those of userdata that these have made. Finalizers that always make
// another one come to an end, as in LuaJIT.
func (s *State) finalizeAll() {
	s.sweepRest()
	s.finalizing = true // a safe point within runs none
	for range maxRounds {
		list := s.listed
		s.listed = nil
		for i := len(list) - 1; i >= 0; i-- {
			s.pending = append(s.pending, list[i])
		}
		for len(s.pending) > 0 {
			u := s.pending[0]
			s.pending = s.pending[1:]
			if err := s.finalizeOne(u); err != nil && s.opts.Log != nil {
				s.opts.Log(err)
			}
		}
	}
	s.finalizing = false
	for _, u := range s.listed {
		if f, ok := u.data.(Finalizer); ok {
			f.Finalize()
		}
	}
}

const maxRounds = 10

// forgetAbove forgets values above the innermost frame, so that Go can free those that no
// function uses. Values far above are left to the next walk.
func (s *State) forgetAbove() {
	th := s.thread
	top := max(th.free(), th.top)
	if s.active != nil && s.active.th == th {
		top = max(top, s.active.top)
	}
	if end := min(len(th.stack), top+maxForgotten); top < end {
		clear(th.stack[top:end])
	}
}

const maxForgotten = 1024

// clearAbove forgets values that no function uses: those above the Go function that runs,
// or above the function that a waiting coroutine has called. Registers of its caller
// there are not in use while it runs.
func (s *State) clearAbove() {
	for th := s.thread; th != nil; th = th.resumer {
		top := 0
		switch {
		case s.active != nil && s.active.th == th:
			top = s.active.top
		case th.depth > 0 && th.current().kind == frameLua:
			top = max(th.free(), th.top)
		case th.depth > 0:
			top = max(int(th.current().base), th.top)
		}
		if top < len(th.stack) {
			clear(th.stack[top:])
		}
	}
}
