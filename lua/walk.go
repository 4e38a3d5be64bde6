package lua

import "strings"

// walkState is what the walk over a state's roots needs. The walk finds what is live: it corrects the memory charge, clears
// weak tables and queues finalizers. Go's collector frees the memory itself.
type walkState struct {
	epoch      uint32 // of the newest walk: objects with this mark were found
	walkWanted bool
	weak       bool // some metatable has a __mode, or a __gc: walks happen at twice what was live

	listed     []*Userdata // with a metatable, in order of creation: they may have a finalizer
	pending    []*Userdata // whose finalizers are to run, the first one first
	finalizing bool

	marking []Value // found, but not looked into yet
	live    int64   // bytes found so far
	weakly  []*Table
	scratch []byte // for numbers that are joined to strings
}

// keepMarking is how long a list of values to look into may be and be kept for the next walk.
const keepMarking = 1024

// firstWalk is the memory from which on a state with weak tables or finalizers walks by itself.
const firstWalk = 1 << 20

// noteMetatable is called when a table becomes a metatable.
func (s *State) noteMetatable(meta *Table) {
	if !s.weak && (!meta.metamethod(s, eventMode).IsNil() || !meta.metamethod(s, eventGC).IsNil()) {
		s.noteWeak()
	}
}

// noteKey is called when a string becomes a key: __mode or __gc may be set after setmetatable.
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
func (s *State) noteFinalizer(u *Userdata, meta *Table) {
	if u.finalizer == 0 {
		u.finalizer = 1
		s.use(8)
		s.listed = append(s.listed, u)
	}
}

// safePoint does what was put off until no operation is under way.
func (s *State) safePoint() error {
	if s.walkWanted {
		s.walkWanted = false
		s.walk()
	}
	return s.finalize()
}

// Collect walks the state at once, runs the finalizers that are due, and returns the bytes that are live. It is what
// collectgarbage() does, and may only be called where no Lua code of the state runs, or from a Go function.
func (s *State) Collect() (int64, error) {
	s.clearAbove()
	s.walk()
	err := s.finalize()
	return s.used, err
}

// walk finds what is live.
func (s *State) walk() {
	s.epoch++
	s.live = stateBytes
	s.markRoots()
	s.markAll()
	s.clearValues()
	s.queueFinalizers()
	s.markAll()
	s.clearWeak()
	for i, text := range &s.canon {
		if text != nil && text.mark != s.epoch {
			s.canon[i] = nil
		}
	}
	s.weakly = nil
	if cap(s.marking) > keepMarking {
		s.marking = nil
	}
	s.used = s.live + s.held
	s.threshold = s.maxMemory
	if s.weak {
		s.threshold = min(s.maxMemory, max(2*s.used, firstWalk))
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
	s.live += int64(len(s.listed)) * 8
}

// mark notes that a value is live. What it refers to is looked at by markAll.
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

func (s *State) markAll() {
	for n := len(s.marking); n > 0; n = len(s.marking) {
		v := s.marking[n-1]
		s.marking = s.marking[:n-1]
		switch Kind(v.n) {
		case KindTable:
			s.lookIntoTable(v.table())
		case KindFunction:
			f := v.fn()
			s.live += int64(functionSize(len(f.ups)))
			for _, up := range f.ups {
				s.mark(up)
			}
			s.mark(tableValue(f.env))
			s.lookIntoProto(f.proto)
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
			if u.env != nil {
				s.mark(tableValue(u.env))
			}
			if m, ok := u.data.(Marker); ok {
				m.Mark(s.mark)
			}
		case KindThread:
			s.lookIntoThread(v.thread())
		case kindCell:
			s.live += cellBytes
			s.mark(v.cell().v)
		}
	}
}

// A Marker is a Go value in a userdata that holds Lua values: Mark calls mark for each of them.
type Marker interface{ Mark(mark func(Value)) }

const cellBytes = 24

func (s *State) lookIntoProto(p *proto) {
	if p.mark == s.epoch {
		return
	}
	p.mark = s.epoch
	s.live += int64(protoSize(p.source))
	for _, c := range p.constants {
		s.mark(c)
	}
	for _, child := range p.children {
		if child != nil {
			s.lookIntoProto(child)
		}
	}
}

func (s *State) lookIntoThread(th *Thread) {
	s.live += threadBytes + int64(pointerClass(cap(th.stack)*valueBytes)+pointerClass(cap(th.frames)*frameBytes))
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
}

// tableSize is what a table takes, the room that came with it included.
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

func (s *State) lookIntoTable(t *Table) {
	s.live += int64(t.size())
	weakKeys, weakValues := false, false
	if t.meta != nil {
		s.mark(tableValue(t.meta))
		if mode := t.meta.metamethod(s, eventMode); mode.is(KindString) {
			text := mode.str().text()
			weakKeys, weakValues = strings.Contains(text, "k"), strings.Contains(text, "v")
		}
	}
	if weakKeys || weakValues {
		s.weakly = append(s.weakly, t)
	}
	if !weakValues {
		for i := range t.array {
			s.mark(t.array[i])
		}
	}
	for i := range t.entries {
		e := &t.entries[i]
		if e.value.IsNil() { // removed: nothing holds its key
			if e.key.p != nil && !e.key.is(KindString) {
				continue
			}
		}
		if !weakKeys || e.key.is(KindString) {
			s.mark(e.key)
		}
		if !weakValues || e.value.is(KindString) {
			s.mark(e.value)
		}
	}
}

// clearValues removes values that nothing else holds from weak tables, in front of finalizers, which must not find
// them.
func (s *State) clearValues() { s.clearTables(false) }

// clearWeak removes keys, and the values that finalizers have not brought back.
func (s *State) clearWeak() { s.clearTables(true) }

func (s *State) clearTables(keys bool) {
	for _, t := range s.weakly {
		mode := t.meta.metamethod(s, eventMode).str().text()
		if strings.Contains(mode, "v") {
			for i := range t.array {
				if !s.marked(t.array[i]) {
					t.array[i] = Nil
				}
			}
			t.shrink()
			for i := range t.entries {
				if e := &t.entries[i]; !s.marked(e.value) {
					e.value = Nil
				}
			}
		}
		if keys && strings.Contains(mode, "k") {
			for i := range t.entries {
				if e := &t.entries[i]; !s.marked(e.key) {
					e.value = Nil
				}
			}
		}
	}
	if !keys {
		return
	}
	for _, t := range s.weakly {
		t.dropDead(s)
	}
}

// dropDead makes entries anew if many have lost their value, so that their keys can be freed.
func (t *Table) dropDead(s *State) {
	live := 0
	for i := range t.entries {
		if !t.entries[i].value.IsNil() {
			live++
		}
	}
	if dead := len(t.entries) - live; dead > 0 {
		s.live -= int64(t.size())
		used := s.used
		s.used = -1 << 62 // this takes less than it gives back: no limit must stop it
		if err := t.growEntries(live); err != nil {
			panic(err)
		}
		s.used = used
		s.live += int64(t.size())
	}
}

// queueFinalizers finds userdata that nothing holds: those with a __gc wait for it, in reverse order of creation.
func (s *State) queueFinalizers() {
	kept := s.listed[:0]
	var dead []*Userdata
	for _, u := range s.listed {
		if u.mark == s.epoch {
			kept = append(kept, u)
			continue
		}
		if u.meta != nil && !u.meta.getString(s.names.events[eventGC]).IsNil() {
			dead = append(dead, u)
		}
	}
	clear(s.listed[len(kept):])
	s.listed = kept
	for i := len(dead) - 1; i >= 0; i-- {
		s.pending = append(s.pending, dead[i])
		s.mark(userdataValue(dead[i]))
	}
}

// finalize runs the finalizers that are due. An error in one is logged; one that Lua cannot catch ends the rest.
func (s *State) finalize() error {
	if s.finalizing || len(s.pending) == 0 {
		return nil
	}
	s.finalizing = true
	defer func() { s.finalizing = false }()
	for len(s.pending) > 0 {
		u := s.pending[0]
		s.pending[0] = nil
		s.pending = s.pending[1:]
		if u.meta == nil {
			continue
		}
		handler := u.meta.getString(s.names.events[eventGC])
		if !handler.IsFunction() {
			continue
		}
		if err := s.Call0(handler, userdataValue(u)); err != nil {
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

// finalizeAll runs the finalizers of all userdata that is left, in reverse order of creation.
func (s *State) finalizeAll() {
	for i := len(s.listed) - 1; i >= 0; i-- {
		s.pending = append(s.pending, s.listed[i])
	}
	s.listed = nil
	if err := s.finalize(); err != nil && s.opts.Log != nil {
		s.opts.Log(err)
	}
}

// clearAbove forgets values above everything that frames use.
func (s *State) clearAbove() {
	for th := s.thread; th != nil; th = th.resumer {
		top := th.top
		for i := range th.depth {
			if fr := &th.frames[i]; fr.kind == frameLua {
				top = max(top, int(fr.base)+int(fr.fn.proto.registers))
			} else {
				top = max(top, int(fr.base))
			}
		}
		if s.active != nil && s.active.th == th {
			top = max(top, s.active.top)
		}
		if top < len(th.stack) {
			clear(th.stack[top:])
		}
	}
}
