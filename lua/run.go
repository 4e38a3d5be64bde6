package lua

import (
	"math"

	"github.com/tidewire/tidewire/internal/lua/code"
)

// run runs the innermost frames of the state until the entry frame above which it was
// called is the innermost again and its results are stored, or an error passes it. Only
// this function and slow.go know instructions at work.
//
// The loop keeps its view of the running function in local variables. They must stay in
// registers of the processor: Go saves a variable in front of every instruction if it is
// used after a function call in any of them. So there is one rule: a case either finishes
// without a call that comes back, or saves pc in the frame, calls a function for the
// work, and continues at outer, which loads the variables again. (Calls that Go inlines
// are none.) The work may push and pop frames and move the stack.
func (s *State) run() error {
	var err error
outer:
	for {
		if err != nil {
			if err = s.unwind(err); err != nil {
				return err
			}
		}
		fr := s.thread.current()
		if fr.kind != frameLua {
			waits := false
			if waits, err = s.carryOn(s.thread, fr); !waits {
				return nil
			}
			continue
		}
		p := fr.fn.proto
		regs := s.thread.stack[fr.base : int(fr.base)+int(p.registers)]
		pc := int(fr.pc)
		for {
			i := p.code[pc]
			pc++
			switch i.Op() {
			case code.Move:
				regs[i.A()] = regs[i.B()]
			case code.LoadK:
				regs[i.A()] = p.constants[i.D()]
			case code.LoadKX:
				regs[i.A()] = p.constants[p.code[pc]]
				pc++
			case code.LoadNil:
				for a := i.A(); a <= i.B(); a++ {
					regs[a].setNil()
				}
			case code.LoadBool:
				regs[i.A()].setBool(i.B() != 0)

			case code.GetUpval:
				regs[i.A()] = fr.fn.ups[i.B()]
			case code.GetUpvalCell:
				regs[i.A()] = fr.fn.ups[i.B()].cell().v
			case code.SetUpvalCell:
				c := fr.fn.ups[i.B()].cell()
				c.v = regs[i.A()]
				if c.mark == s.scanning {
					fr.pc = int32(pc)
					s.mark(c.v)
					continue outer
				}
			case code.NewCell:
				fr.pc = int32(pc)
				err = s.newCell(s.thread, fr, i)
				continue outer
			case code.GetCell:
				regs[i.A()] = regs[i.B()].cell().v
			case code.SetCell:
				c := regs[i.A()].cell()
				c.v = regs[i.B()]
				if c.mark == s.scanning {
					fr.pc = int32(pc)
					s.mark(c.v)
					continue outer
				}
			case code.Env:
				regs[i.A()] = tableValue(fr.fn.env)

			case code.GetGlobal:
				t := fr.fn.env
				if h := int(p.caches[pc-1]); h < len(t.entries) {
					if e := &t.entries[h]; e.key.p == p.constants[i.D()].p && e.value.n != 0 {
						regs[i.A()] = e.value
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.getGlobal(s.thread, fr, i)
				continue outer
			case code.SetGlobal:
				t := fr.fn.env
				if h := int(p.caches[pc-1]); h < len(t.entries) {
					if e := &t.entries[h]; e.key.p == p.constants[i.D()].p && e.value.n != 0 &&
						t.scanned != s.scanning {
						e.value = regs[i.A()]
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.setGlobal(s.thread, fr, i)
				continue outer

			case code.GetField:
				if b := &regs[i.B()]; b.n == uint64(KindTable) {
					t := b.table()
					if h := int(p.caches[pc-1]); h < len(t.entries) {
						if e := &t.entries[h]; e.key.p == p.constants[i.C()].p && e.value.n != 0 {
							regs[i.A()] = e.value
							continue
						}
					}
				}
				fr.pc = int32(pc)
				err = s.getField(s.thread, fr, i)
				continue outer
			case code.Self:
				if b := regs[i.B()]; b.n == uint64(KindTable) {
					// The method is mostly in the table that __index of the metatable is.
					t := b.table()
					if meta := t.meta; meta != nil && len(t.entries) <= linearMax {
						if h := int(meta.indexHint); h < len(meta.entries) {
							if e := &meta.entries[h]; e.key.str() == s.names.events[eventIndex] &&
								e.value.n == uint64(KindTable) {
								methods := e.value.table()
								key := &p.constants[i.C()]
								if h := int(p.caches[pc-1]); h < len(methods.entries) {
									if e := &methods.entries[h]; e.key.p == key.p && e.value.n != 0 {
										own := false
										hash := key.str().hash
										for n := range t.entries {
											if t.entries[n].hash == hash {
												own = true
											}
										}
										if !own {
											regs[i.A()+1] = b
											regs[i.A()] = e.value
											continue
										}
									}
								}
							}
						}
					}
				}
				fr.pc = int32(pc)
				err = s.self(s.thread, fr, i)
				continue outer
			case code.GetTable:
				if b := &regs[i.B()]; b.n == uint64(KindTable) {
					t := b.table()
					if c := &regs[i.C()]; c.n >= kindLimit {
						f := c.float()
						if n := int(f); float64(n) == f && uint(n) < uint(len(t.array)) {
							if v := &t.array[n]; v.n != 0 {
								regs[i.A()] = *v
								continue
							}
						}
					} else if c.n == uint64(KindString) {
						if h := int(p.caches[pc-1]); h < len(t.entries) {
							if e := &t.entries[h]; e.key.p == c.p && e.value.n != 0 {
								regs[i.A()] = e.value
								continue
							}
						}
					}
				}
				fr.pc = int32(pc)
				err = s.getTable(s.thread, fr, i)
				continue outer
			case code.GetInt:
				if b := &regs[i.B()]; b.n == uint64(KindTable) {
					t := b.table()
					if n := i.C(); n < len(t.array) {
						if v := &t.array[n]; v.n != 0 {
							regs[i.A()] = *v
							continue
						}
					}
				}
				fr.pc = int32(pc)
				err = s.getInt(s.thread, fr, i)
				continue outer

			case code.SetField:
				if a := &regs[i.A()]; a.n == uint64(KindTable) {
					t := a.table()
					if h := int(p.caches[pc-1]); h < len(t.entries) {
						if e := &t.entries[h]; e.key.p == p.constants[i.B()].p && e.value.n != 0 &&
							t.scanned != s.scanning {
							e.value.store(&regs[i.C()])
							continue
						}
					}
				}
				fr.pc = int32(pc)
				err = s.setField(s.thread, fr, i)
				continue outer
			case code.SetTable:
				if a := &regs[i.A()]; a.n == uint64(KindTable) && a.table().scanned != s.scanning {
					t := a.table()
					if b := &regs[i.B()]; b.n >= kindLimit {
						f := b.float()
						if n := int(f); float64(n) == f {
							c := &regs[i.C()]
							if uint(n) < uint(len(t.array)) {
								if e := &t.array[n]; e.n != 0 && c.n != 0 {
									e.store(c)
									continue
								}
							} else if n == len(t.array) && n < cap(t.array) && n > 0 && t.meta == nil &&
								!t.hasInts && c.n != 0 {
								t.array = t.array[:n+1]
								t.array[n] = *c
								continue
							}
						}
					} else if b.n == uint64(KindString) {
						if h := int(p.caches[pc-1]); h < len(t.entries) {
							if e := &t.entries[h]; e.key.p == b.p && e.value.n != 0 {
								e.value.store(&regs[i.C()])
								continue
							}
						}
					}
				}
				fr.pc = int32(pc)
				err = s.setTable(s.thread, fr, i)
				continue outer
			case code.SetInt:
				if a := &regs[i.A()]; a.n == uint64(KindTable) && a.table().scanned != s.scanning {
					t := a.table()
					if n := i.B(); n < len(t.array) {
						if e, c := &t.array[n], &regs[i.C()]; e.n != 0 && c.n != 0 {
							e.store(c)
							continue
						}
					}
				}
				fr.pc = int32(pc)
				err = s.setInt(s.thread, fr, i)
				continue outer
			case code.NewTable:
				fr.pc = int32(pc)
				err = s.makeTable(s.thread, fr, i)
				continue outer
			case code.SetList:
				fr.pc = int32(pc)
				err = s.setList(s.thread, fr, i)
				continue outer

			case code.Add:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					f := b.float() + c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.AddRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					f := b.float() + c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.AddKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					f := b.float() + c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Sub:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					f := b.float() - c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.SubRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					f := b.float() - c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.SubKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					f := b.float() - c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Mul:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					f := b.float() * c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.MulRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					f := b.float() * c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.MulKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					f := b.float() * c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Div:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					f := b.float() / c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.DivRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					f := b.float() / c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.DivKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					f := b.float() / c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(f)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Mod:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					if q := x / y; q > -(1<<53) && q < 1<<53 && x != 0 {
						floor := float64(int64(q))
						if floor > q {
							floor--
						}
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(x - float64(floor*y))
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.ModRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					if q := x / y; q > -(1<<53) && q < 1<<53 && x != 0 {
						floor := float64(int64(q))
						if floor > q {
							floor--
						}
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(x - float64(floor*y))
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.ModKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					if q := x / y; q > -(1<<53) && q < 1<<53 && x != 0 {
						floor := float64(int64(q))
						if floor > q {
							floor--
						}
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(x - float64(floor*y))
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Pow:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					if c.float() == 2 {
						f := b.float() * b.float()
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(f)
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.PowRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					if c.float() == 2 {
						f := b.float() * b.float()
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(f)
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.PowKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					if c.float() == 2 {
						f := b.float() * b.float()
						a := &regs[i.A()]
						if a.p != nil {
							a.p = nil
						}
						a.n = ^math.Float64bits(f)
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Unm:
				if b := &regs[i.B()]; b.n >= kindLimit {
					regs[i.A()].setNumber(-b.float())
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventUnm, regs[i.B()], regs[i.B()], int(fr.base)+i.A())
				continue outer
			case code.Not:
				regs[i.A()].setBool(regs[i.B()].isFalsy())
			case code.Len:
				switch b := &regs[i.B()]; b.n {
				case uint64(KindTable):
					regs[i.A()].setNumber(float64(b.table().length()))
					continue
				case uint64(KindString):
					regs[i.A()].setNumber(float64(b.str().length))
					continue
				}
				fr.pc = int32(pc)
				err = s.length(s.thread, regs[i.B()], int(fr.base)+i.A())
				continue outer
			case code.Concat:
				fr.pc = int32(pc)
				err = s.concat(s.thread, int(fr.base)+i.C())
				continue outer

			case code.Jmp:
				j := i.J()
				pc += j
				if j < 0 {
					if s.budget += int64(j >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-j, pc)
						continue outer
					}
				}
			case code.Test:
				if regs[i.A()].isFalsy() == (i.C() != 0) {
					pc++
					continue
				}
				j := p.code[pc].J()
				pc += j + 1
				if j < 0 {
					if s.budget += int64(j >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-j, pc)
						continue outer
					}
				}
			case code.TestSet:
				b := &regs[i.B()]
				if b.isFalsy() == (i.C() != 0) {
					pc++
					continue
				}
				regs[i.A()] = *b
				pc += p.code[pc].J() + 1
			case code.Eq:
				a, b := &regs[i.A()], &regs[i.B()]
				equal := false
				switch {
				case a.n >= kindLimit:
					equal = b.n >= kindLimit && a.float() == b.float()
				case a.n != b.n:
				case a.p == b.p:
					equal = true
				case a.n == uint64(KindString), a.n == uint64(KindTable), a.n == uint64(KindUserdata):
					fr.pc = int32(pc)
					err = s.equal(s.thread, fr, *a, *b)
					continue outer
				}
				if equal != (i.C() != 0) {
					pc++
					continue
				}
				j := p.code[pc].J()
				pc += j + 1
				if j < 0 {
					if s.budget += int64(j >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-j, pc)
						continue outer
					}
				}
			case code.EqK:
				a, b := &regs[i.A()], &p.constants[i.B()]
				equal := false
				switch {
				case a.n >= kindLimit:
					equal = b.n >= kindLimit && a.float() == b.float()
				case a.n != b.n:
				case a.p == b.p:
					equal = true
				case a.n == uint64(KindString):
					if x, y := a.str(), b.str(); x.length == y.length && (x.hash == 0 || x.hash == y.hash) {
						fr.pc = int32(pc)
						err = s.equal(s.thread, fr, *a, *b)
						continue outer
					}
				}
				if equal != (i.C() != 0) {
					pc++
					continue
				}
				j := p.code[pc].J()
				pc += j + 1
				if j < 0 {
					if s.budget += int64(j >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-j, pc)
						continue outer
					}
				}
			case code.Lt:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.n >= kindLimit && b.n >= kindLimit {
					if (a.float() < b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, *a, *b)
				continue outer
			case code.Le:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.n >= kindLimit && b.n >= kindLimit {
					if (a.float() <= b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, *a, *b)
				continue outer
			case code.LtRK:
				a, b := &regs[i.A()], &p.constants[i.B()]
				if a.n >= kindLimit {
					if (a.float() < b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, *a, *b)
				continue outer
			case code.LeRK:
				a, b := &regs[i.A()], &p.constants[i.B()]
				if a.n >= kindLimit {
					if (a.float() <= b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, *a, *b)
				continue outer
			case code.GtRK:
				a, b := &regs[i.A()], &p.constants[i.B()]
				if a.n >= kindLimit {
					if (a.float() > b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, *b, *a)
				continue outer
			case code.GeRK:
				a, b := &regs[i.A()], &p.constants[i.B()]
				if a.n >= kindLimit {
					if (a.float() >= b.float()) != (i.C() != 0) {
						pc++
						continue
					}
					j := p.code[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget += int64(j >> jumpLog); s.budget < 0 {
							err = s.checkpointJump(pc-j, pc)
							continue outer
						}
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, *b, *a)
				continue outer

			case code.Call:
				th := s.thread
				f := &regs[i.A()]
				if s.budget--; f.n == uint64(KindFunction) && s.budget >= 0 {
					callee := f.fn()
					q := callee.proto
					args := i.B() - 1
					entered := int(fr.base) + i.A() + 1
					ret, params, extra := entered-1, int(q.params), 0
					if args < 0 {
						args = th.top - entered
					}
					if q.vararg {
						extra = args - params
						entered += args
					}
					end := entered + int(q.registers)
					if end <= len(th.stack) && th.depth < len(th.frames) {
						fr.pc = int32(pc)
						fr = &th.frames[th.depth]
						th.depth++
						fr.fn, fr.base, fr.ret, fr.extra = callee, int32(entered), int32(ret), int32(extra)
						fr.want, fr.kind, fr.flags = int16(i.C())-1, frameLua, 0
						p, pc = q, 0
						regs = th.stack[entered:end]
						if !q.vararg {
							for ; args < params; args++ {
								regs[args].setNil()
							}
							continue
						}
						// The parameters move in front of the registers, and leave nil
						// behind for the collector.
						from := th.stack[ret+1 : entered]
						for n := range params {
							if n < len(from) {
								regs[n] = from[n]
								from[n].setNil()
							} else {
								regs[n].setNil()
							}
						}
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.callSlow(th, fr, i)
				continue outer
			case code.TailCall:
				fr.pc = int32(pc)
				err = s.tailCall(s.thread, fr, i)
				continue outer
			case code.Return1:
				if want := fr.want; fr.flags == 0 && uint16(want) <= 1 && pc < manyPlaces {
					th := s.thread
					stack := th.stack
					if want == 1 {
						stack[fr.ret] = regs[i.A()]
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					pc = int(fr.pc)
					regs = stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				s.look(pc)
				err = s.leave(s.thread, int(fr.base)+i.A(), 1)
				continue outer
			case code.Return0:
				if want := fr.want; fr.flags == 0 && uint16(want) <= 1 && pc < manyPlaces {
					th := s.thread
					if want == 1 {
						th.stack[fr.ret].setNil()
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					pc = int(fr.pc)
					regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				s.look(pc)
				if th := s.thread; fr.want == wantAll && th.frames[th.depth-2].kind == frameEntry {
					th.top = int(fr.ret)
					th.depth--
					return nil // as leave, deliver and carryOn would
				}
				err = s.leave(s.thread, int(fr.base), 0)
				continue outer
			case code.Return:
				s.look(pc)
				from := int(fr.base) + i.A()
				count := i.B() - 1
				if count < 0 {
					count = s.thread.top - from
				}
				if fr.flags == 0 { // results move down the stack: there is room for all
					th := s.thread
					stack, ret, want := th.stack, int(fr.ret), int(fr.want)
					if want < 0 {
						want = count
						th.top = ret + count
					}
					s.look(want)
					for n := range want {
						if n < count {
							stack[ret+n] = stack[from+n]
						} else {
							stack[ret+n].setNil()
						}
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					pc = int(fr.pc)
					regs = stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				err = s.leave(s.thread, from, count)
				continue outer

			case code.ForPrep:
				a := i.A()
				_ = regs[a+3]
				if regs[a].n < kindLimit || regs[a+1].n < kindLimit || regs[a+2].n < kindLimit {
					fr.pc = int32(pc) - 1 // once more, with numbers
					err = s.forNumbers(regs[a : a+3])
					continue outer
				}
				first, limit, step := regs[a].float(), regs[a+1].float(), regs[a+2].float()
				if within(first, limit, step) {
					regs[a+3].setNumber(first)
				} else {
					pc += i.SD()
				}
			case code.ForLoop:
				a := i.A()
				_ = regs[a+3]
				step := regs[a+2].float()
				value := regs[a].float() + step
				if step > 0 && value <= regs[a+1].float() || !(step > 0) && within(value, regs[a+1].float(), step) {
					n := ^math.Float64bits(value)
					regs[a].n = n
					if regs[a+3].p != nil {
						regs[a+3].p = nil
					}
					regs[a+3].n = n
					pc += i.SD()
					if s.budget += int64(i.SD() >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-i.SD(), pc)
						continue outer
					}
				}
			case code.TForCall:
				a := i.A()
				_ = regs[a+5]
				if f := &regs[a]; f.n == uint64(kindGoFunction) && regs[a+1].n == uint64(KindTable) && i.C() <= 2 {
					t := regs[a+1].table()
					control := &regs[a+2]
					switch f.gofn().special {
					case specialNext:
						// The entry of a number may be left from before the number moved
						// to the array: its value is nil then.
						if h := int(p.caches[pc-1]); h < len(t.entries) && control.n != 0 &&
							t.entries[h].key.n == control.n &&
							t.entries[h].key.p == control.p && (control.n < kindLimit || t.entries[h].value.n != 0) {
							h++
							if h < len(t.entries) && t.entries[h].value.n != 0 {
								p.caches[pc-1] = uint32(h)
								regs[a+3] = t.entries[h].key
								regs[a+4] = t.entries[h].value
								continue
							}
						}
					case specialIPairsNext:
						if control.n >= kindLimit {
							if n := int(control.float()) + 1; uint(n) < uint(len(t.array)) {
								if v := &t.array[n]; v.n != 0 {
									regs[a+3].setNumber(float64(n))
									regs[a+4] = *v
									continue
								}
							}
						}
					}
				}
				fr.pc = int32(pc)
				err = s.iterate(s.thread, fr, i)
				continue outer
			case code.TForLoop:
				a := i.A()
				if v := &regs[a+3]; v.n != 0 {
					regs[a+2] = *v
					pc += i.SD()
					if s.budget += int64(i.SD() >> jumpLog); s.budget < 0 {
						err = s.checkpointJump(pc-i.SD(), pc)
						continue outer
					}
				}
			case code.Vararg:
				th := s.thread
				extra := max(int(fr.extra), 0)
				from, to, want := int(fr.base)-extra, int(fr.base)+i.A(), i.B()-1
				if want < 0 {
					want = extra
					if to+extra > len(th.stack) {
						fr.pc = int32(pc)
						err = s.vararg(th, fr, to, -1)
						continue outer
					}
					th.top = to + extra
				}
				s.look(want)
				for n := range want {
					if n < extra {
						th.stack[to+n] = th.stack[from+n]
					} else {
						th.stack[to+n].setNil()
					}
				}
			case code.Closure:
				fr.pc = int32(pc)
				err = s.closure(s.thread, fr, i)
				continue outer
			}
		}
	}
}

// store copies a value; its pointer is written only if it changes.
func (v *Value) store(from *Value) {
	if v.p != from.p {
		v.p = from.p
	}
	v.n = from.n
}
