package code

// jump emits a jump whose target is set later, by patch.
func (f *function) jump(line int) int { return f.emit(line, jump(Jmp, 0)) }

func (f *function) jumpTo(line, target int) { f.patch([]int{f.jump(line)}, target) }

// patch sets the target of jumps.
func (f *function) patch(jumps []int, target int) {
	for _, pc := range jumps {
		distance := target - pc - 1
		if distance < -maxJ || distance > maxJ {
			f.fail(int(f.proto.Lines[pc]), "control structure too long")
		}
		f.proto.Code[pc] = jump(Jmp, distance)
	}
}

func (f *function) patchHere(jumps ...int) { f.patch(jumps, f.here()) }

// patchLoop sets the target of an instruction of a loop that ends on a line.
func (f *function) patchLoop(end, pc, target int) {
	distance := target - pc - 1
	if distance < -maxSD || distance > maxSD {
		f.fail(end, "control structure too long")
	}
	i := f.proto.Code[pc]
	f.proto.Code[pc] = ad(i.Op(), i.A(), distance)
}

// label is a label of a block.
type label struct {
	pc    int
	level int // how many locals are active there
}

// leap is a goto, or a break, which has no name, that waits for its target.
type leap struct {
	name  string
	line  int
	pc    int // of its jump
	level int // how many locals are active where it was written, of those whose blocks have not ended
}

// leap emits a goto or break. A label further up in the same block is its target at once.
// One further up in a block around is not, because a label further down in this block, of
// the same name, comes first.
func (f *function) leap(line int, name string) {
	pc := f.jump(line)
	if set := f.block.labels[name]; set != nil && name != "" {
		f.patch([]int{pc}, set.pc)
		return
	}
	if len(f.leaps) == maxLeaps {
		f.exceeds(line, maxLeaps, "open jumps")
	}
	f.leaps = append(f.leaps, &leap{name: name, line: line, pc: pc, level: len(f.active)})
}

// label sets a label. One at the end of its block is outside of the scope of the block's
// locals.
func (f *function) label(line int, name string, atEnd bool) {
	b := f.block
	if b.labels[name] != nil {
		f.fail(line, "duplicate label '%s'", name)
	}
	set := &label{pc: f.here(), level: len(f.active)}
	if atEnd {
		set.level = b.level
		for _, a := range f.active[b.level:] {
			f.proto.Locals[a.info].End = f.here()
		}
	}
	if b.labels == nil {
		b.labels = make(map[string]*label)
	}
	b.labels[name] = set
	f.eachLeap(b, func(l *leap) (done bool) {
		if l.name != name {
			return false
		}
		if l.level < set.level {
			f.fail(l.line, "<goto %s> jumps into the scope of local '%s'", name, f.nameOf(l.level))
		}
		f.patch([]int{l.pc}, set.pc)
		return true
	})
}

func (f *function) nameOf(level int) string { return f.proto.Locals[f.active[level].info].Name }

// leaveLeaps notes that the leaps in a block leave its locals. Breaks out of a loop go on
// here, others at a label further up in the block around, if it has one.
func (f *function) leaveLeaps(left *block) {
	f.eachLeap(left, func(l *leap) (done bool) {
		l.level = min(l.level, left.level)
		if left.loop && l.name == "" {
			f.patchHere(l.pc)
			return true
		}
		if left.outer != nil && l.name != "" {
			if set := left.outer.labels[l.name]; set != nil {
				f.patch([]int{l.pc}, set.pc)
				return true
			}
		}
		return false
	})
}

// eachLeap calls settle for each leap in a block and forgets those that are done.
func (f *function) eachLeap(b *block, settle func(*leap) (done bool)) {
	f.see(len(f.leaps) - b.leaps)
	kept := f.leaps[:b.leaps]
	for _, l := range f.leaps[b.leaps:] {
		if !settle(l) {
			kept = append(kept, l)
		}
	}
	clear(f.leaps[len(kept):])
	f.leaps = kept
}

// checkLeaps fails if a leap is left: it has no target.
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

// threadJumps lets each jump to a jump go to that one's target at once. Jumps backwards
// count as steps, so a jump takes no short cut through one.
func (f *function) threadJumps() {
	code := f.proto.Code
	for pc := 0; pc < len(code); pc++ {
		if code[pc].Op().HasWord() {
			pc++
			continue
		}
		if code[pc].Op() != Jmp {
			continue
		}
		target := pc + 1 + code[pc].J()
		for range 8 { // bounded, because while true do end jumps to itself
			if target >= len(code) || code[target].Op() != Jmp || code[target].J() < 0 || code[pc].J() < 0 {
				break
			}
			target += 1 + code[target].J()
		}
		if distance := target - pc - 1; distance <= maxJ {
			code[pc] = jump(Jmp, distance)
		}
	}
}
