package luacode

import lua "github.com/yuin/gopher-lua"

// jump emits a jump whose target is set later, by patch.
func (f *function) jump(line int) int { return f.emit(line, abx(lua.OP_JMP, 0, jump0)) }

func (f *function) jumpTo(line, target int) { f.patch([]int{f.jump(line)}, target) }

// patch sets the target of instructions that jump.
func (f *function) patch(jumps []int, target int) {
	for _, pc := range jumps {
		distance := target - pc - 1 + jump0
		if distance < 0 || distance > maxBx {
			f.fail(f.proto.DbgSourcePositions[pc], "control structure too long")
		}
		f.proto.Code[pc] = f.proto.Code[pc]&^maxBx | uint32(distance)
	}
}

func (f *function) patchHere(jumps ...int) { f.patch(jumps, f.here()) }

// label is a label of a block.
type label struct {
	pc    int
	level int // how many locals are active there
	block *block
}

// leap is a goto, or a break, which has no name. It waits for its label, or if that is known, for the blocks to end of
// which it leaves locals: whether a closure holds one of them may be decided below the goto.
type leap struct {
	name   string
	line   int
	pc     int    // of its jump
	level  int    // how many locals are active where it stands, of those whose blocks have not ended
	target *label // of a goto back
	closes bool   // a closure holds a local that it leaves
}

// detour is the way that a leap takes if it has to close locals: few do, so the instructions for it are at the
// function's end.
type detour struct {
	leap   *leap
	target int
	level  int // locals from here on are closed
}

func (f *function) leap(line int, name string) {
	if len(f.leaps) == maxLeaps {
		f.exceeds(line, maxLeaps, "open jumps")
	}
	f.leaps = append(f.leaps, &leap{
		name: name, line: line, pc: f.jump(line), level: len(f.locals), target: f.block.labels[name],
	})
}

// label sets a label. One at the end of its block is outside of the scope of the block's locals.
func (f *function) label(line int, name string, atEnd bool) {
	b := f.block
	if b.labels[name] != nil {
		f.fail(line, "duplicate label '%s'", name)
	}
	set := &label{pc: f.here(), level: len(f.locals), block: b}
	if atEnd {
		set.level = b.level
	}
	if b.labels == nil {
		b.labels = make(map[string]*label)
	}
	b.labels[name] = set
	f.eachLeap(b, func(l *leap) (done bool) {
		if l.target != nil || l.name != name {
			return false
		}
		if l.level < set.level {
			f.fail(l.line, "<goto %s> jumps into the scope of local '%s'", name, f.locals[l.level].name)
		}
		f.land(l, set.pc, set.level)
		return true
	})
}

// leaveLeaps settles what the end of a block decides for the leaps in it.
func (f *function) leaveLeaps(left *block) (breaks []*leap) {
	f.eachLeap(left, func(l *leap) (done bool) {
		if l.target != nil {
			l.closes = l.closes || left.captured
			if l.target.block == left {
				f.land(l, l.target.pc, l.target.level)
				return true
			}
			return false
		}
		if l.level > left.level {
			l.level = left.level
			l.closes = l.closes || left.captured
		}
		if left.loop && l.name == "" {
			breaks = append(breaks, l)
			return true
		}
		if left.outer != nil { // a label there that stands further up; one that follows finds the leap by itself
			l.target = left.outer.labels[l.name]
		}
		return false
	})
	return breaks
}

// eachLeap calls settle for each leap in a block and forgets those that are done.
func (f *function) eachLeap(b *block, settle func(*leap) (done bool)) {
	kept := f.leaps[:b.leaps]
	for _, l := range f.leaps[b.leaps:] {
		if !settle(l) {
			kept = append(kept, l)
		}
	}
	clear(f.leaps[len(kept):])
	f.leaps = kept
}

// land gives a leap its target.
func (f *function) land(l *leap, target, level int) {
	if l.closes {
		f.detours = append(f.detours, detour{l, target, level})
		return
	}
	f.patch([]int{l.pc}, target)
}

// landHere lets breaks go on with the next instruction.
func (f *function) landHere(breaks []*leap) {
	for _, l := range breaks {
		f.land(l, f.here(), l.level)
	}
}

func (f *function) emitDetours() {
	for _, d := range f.detours {
		f.patchHere(d.leap.pc)
		f.emit(d.leap.line, abc(lua.OP_CLOSE, d.level, 0, 0))
		f.jumpTo(d.leap.line, d.target)
	}
}

// checkLeaps fails if a leap is left: its target is nowhere.
func (f *function) checkLeaps() {
	if len(f.leaps) == 0 {
		return
	}
	l := f.leaps[0]
	if l.name == "" {
		f.fail(l.line, "no loop to break")
	}
	f.fail(l.line, "undefined label '%s'", l.name)
}
