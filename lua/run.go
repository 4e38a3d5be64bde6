package lua

import (
	"math"

	"github.com/tidewire/tidewire/lua/code"
)

// run runs the innermost frames of the state until the entry frame above which it was called is the innermost again and
// its results are stored, or an error passes it. Only this function knows instructions at work; what is rare is in the
// files beside it: operators with metamethods in operate.go, calls in invoke.go, errors in unwind.go.
//
// The loop keeps the running function's state in local variables. Whatever may push or pop a frame, or move the stack,
// saves pc in the frame and continues at outer, which loads them again.
func (s *State) run() error {
	var err error
outer:
	for {
		if err != nil {
			if err = s.unwind(err); err != nil {
				return err
			}
		}
		err = nil // in the loop it is always nil, which saves a register
		fr := s.thread.current()
		if fr.kind != frameLua {
			return nil // the entry frame: its results are stored
		}
		p := fr.fn.proto
		codes := p.code
		regs := s.thread.stack[fr.base : int(fr.base)+int(p.registers)]
		pc := int(fr.pc)
		for {
			i := codes[pc]
			pc++
			switch i.Op() {
			case code.Move:
				regs[i.A()] = regs[i.B()]
			case code.LoadK:
				regs[i.A()] = p.constants[i.D()]
			case code.LoadKX:
				regs[i.A()] = p.constants[codes[pc]]
				pc++
			case code.LoadNil:
				clear(regs[i.A() : i.B()+1])
			case code.LoadBool:
				regs[i.A()].setBool(i.B() != 0)

			case code.GetUpval:
				regs[i.A()] = fr.fn.ups[i.B()]
			case code.GetUpvalCell:
				regs[i.A()] = fr.fn.ups[i.B()].cell().v
			case code.SetUpvalCell:
				fr.fn.ups[i.B()].cell().v = regs[i.A()]
			case code.NewCell:
				if err = s.charge(cellBytes); err != nil {
					fr.pc = int32(pc)
					continue outer
				}
				regs[i.A()] = cellValue(&cell{v: regs[i.B()]})
			case code.GetCell:
				regs[i.A()] = regs[i.B()].cell().v
			case code.SetCell:
				regs[i.A()].cell().v = regs[i.B()]
			case code.Env:
				regs[i.A()] = tableValue(fr.fn.env)

			case code.GetGlobal:
				key := p.constants[i.D()]
				t := fr.fn.env
				if h := int(p.caches[pc-1]); h < len(t.entries) {
					if e := &t.entries[h]; e.key.p == key.p && e.value.n != 0 {
						regs[i.A()] = e.value
						continue
					}
				}
				if at := t.findString(key.str()); at >= 0 && t.entries[at].value.n != 0 {
					p.caches[pc-1] = uint32(at)
					regs[i.A()] = t.entries[at].value
					continue
				}
				if t.meta == nil {
					regs[i.A()].setNil()
					continue
				}
				fr.pc = int32(pc)
				err = s.index(s.thread, tableValue(t), key, int(fr.base)+i.A())
				continue outer
			case code.SetGlobal:
				key := p.constants[i.D()]
				t := fr.fn.env
				if h := int(p.caches[pc-1]); h < len(t.entries) {
					if e := &t.entries[h]; e.key.p == key.p && e.value.n != 0 {
						e.value = regs[i.A()]
						continue
					}
				}
				if at := t.findString(key.str()); at >= 0 && t.entries[at].value.n != 0 {
					p.caches[pc-1] = uint32(at)
					t.entries[at].value = regs[i.A()]
					continue
				}
				fr.pc = int32(pc)
				err = s.setIndex(s.thread, tableValue(t), key, regs[i.A()])
				continue outer

			case code.GetField:
				key := p.constants[i.C()]
				b := regs[i.B()]
				if b.n == uint64(KindTable) {
					t := b.table()
					if h := int(p.caches[pc-1]); h < len(t.entries) {
						if e := &t.entries[h]; e.key.p == key.p && e.value.n != 0 {
							regs[i.A()] = e.value
							continue
						}
					}
					if v, found := s.field(t, key.str(), &p.caches[pc-1]); found {
						regs[i.A()] = v
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.index(s.thread, b, key, int(fr.base)+i.A())
				continue outer
			case code.Self:
				key := p.constants[i.C()]
				b := regs[i.B()]
				t := (*Table)(nil)
				if b.n == uint64(KindTable) {
					t = b.table()
				} else if b.n == uint64(KindString) {
					t = s.stringMethods()
				}
				if t != nil {
					if v, found := s.field(t, key.str(), &p.caches[pc-1]); found {
						regs[i.A()+1] = b
						regs[i.A()] = v
						continue
					}
				}
				fr.pc = int32(pc)
				regs[i.A()+1] = b
				err = s.index(s.thread, b, key, int(fr.base)+i.A())
				continue outer
			case code.GetTable:
				b, c := regs[i.B()], regs[i.C()]
				if b.n == uint64(KindTable) {
					t := b.table()
					if c.n >= kindLimit {
						f := c.float()
						if n := int(f); float64(n) == f {
							if uint(n) < uint(len(t.array)) {
								if v := t.array[n]; v.n != 0 {
									regs[i.A()] = v
									continue
								}
							}
						}
					} else if c.n == uint64(KindString) {
						if h := int(p.caches[pc-1]); h < len(t.entries) {
							if e := &t.entries[h]; e.key.p == c.p && e.value.n != 0 {
								regs[i.A()] = e.value
								continue
							}
						}
						if v, found := s.field(t, c.str(), &p.caches[pc-1]); found {
							regs[i.A()] = v
							continue
						}
					}
					if v := t.get(c); v.n != 0 || t.meta == nil {
						regs[i.A()] = v
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.index(s.thread, b, c, int(fr.base)+i.A())
				continue outer
			case code.GetInt:
				b := regs[i.B()]
				if b.n == uint64(KindTable) {
					t := b.table()
					if n := i.C(); n < len(t.array) {
						if v := t.array[n]; v.n != 0 {
							regs[i.A()] = v
							continue
						}
					}
					if v := t.getInt(i.C()); v.n != 0 || t.meta == nil {
						regs[i.A()] = v
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.index(s.thread, b, Int(i.C()), int(fr.base)+i.A())
				continue outer

			case code.SetField:
				key := p.constants[i.B()]
				a := regs[i.A()]
				if a.n == uint64(KindTable) {
					t := a.table()
					if h := int(p.caches[pc-1]); h < len(t.entries) {
						if e := &t.entries[h]; e.key.p == key.p && e.value.n != 0 {
							e.value.store(&regs[i.C()])
							continue
						}
					}
					if t.meta == nil || t.meta.absent&(1<<eventNewIndex) != 0 {
						at := t.findString(key.str())
						if at >= 0 && t.entries[at].value.n != 0 {
							p.caches[pc-1] = uint32(at)
							t.entries[at].value = regs[i.C()]
							continue
						}
						if at < 0 {
							err = t.addString(key.str(), regs[i.C()])
						} else {
							err = t.setString(key.str(), regs[i.C()])
						}
						if err != nil {
							fr.pc = int32(pc)
							continue outer
						}
						p.caches[pc-1] = uint32(len(t.entries) - 1)
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.setIndex(s.thread, a, key, regs[i.C()])
				continue outer
			case code.SetTable:
				a, b := regs[i.A()], regs[i.B()]
				if a.n == uint64(KindTable) {
					t := a.table()
					if b.n >= kindLimit {
						f := b.float()
						if n := int(f); float64(n) == f {
							if uint(n) < uint(len(t.array)) {
								if e := &t.array[n]; e.n != 0 && regs[i.C()].n != 0 {
									e.store(&regs[i.C()])
									continue
								}
							} else if n == len(t.array) && n < cap(t.array) && n > 0 && t.meta == nil && !t.hasInts &&
								regs[i.C()].n != 0 {
								t.array = t.array[:n+1]
								t.array[n] = regs[i.C()]
								continue
							}
						}
					} else if b.n == uint64(KindString) {
						if h := int(p.caches[pc-1]); h < len(t.entries) {
							if e := &t.entries[h]; e.key.p == b.p && e.value.n != 0 {
								e.value = regs[i.C()]
								continue
							}
						}
						if at := t.findString(b.str()); at >= 0 && t.entries[at].value.n != 0 {
							p.caches[pc-1] = uint32(at)
							t.entries[at].value = regs[i.C()]
							continue
						}
					}
					if t.meta == nil || t.meta.absent&(1<<eventNewIndex) != 0 {
						if err = t.set(b, regs[i.C()]); err != nil {
							fr.pc = int32(pc)
							continue outer
						}
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.setIndex(s.thread, a, b, regs[i.C()])
				continue outer
			case code.SetInt:
				a := regs[i.A()]
				if a.n == uint64(KindTable) {
					t := a.table()
					if n := i.B(); n < len(t.array) {
						if e := &t.array[n]; e.n != 0 && regs[i.C()].n != 0 {
							*e = regs[i.C()]
							continue
						}
					}
					if t.meta == nil || t.meta.absent&(1<<eventNewIndex) != 0 {
						if err = t.setInt(i.B(), regs[i.C()]); err != nil {
							fr.pc = int32(pc)
							continue outer
						}
						continue
					}
				}
				fr.pc = int32(pc)
				err = s.setIndex(s.thread, a, Int(i.B()), regs[i.C()])
				continue outer
			case code.NewTable:
				t, failed := s.newTable(code.Size(i.B()), code.Size(i.C()))
				if failed != nil {
					fr.pc, err = int32(pc), failed
					continue outer
				}
				regs[i.A()] = tableValue(t)
			case code.SetList:
				th := s.thread
				n := int(codes[pc])
				pc++
				end := int(fr.base) + i.A() + 1 + i.B()
				if i.B() == 0 {
					end = th.top
				}
				items := th.stack[int(fr.base)+i.A()+1 : end]
				t := regs[i.A()].table()
				for j := range items {
					if err = t.setInt(n+j+1, items[j]); err != nil {
						fr.pc = int32(pc)
						continue outer
					}
				}

			case code.Add:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x + y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.AddRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x + y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.AddKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x + y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventAdd, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Sub:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x - y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.SubRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x - y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.SubKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x - y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventSub, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Mul:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x * y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.MulRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x * y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.MulKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x * y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMul, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Div:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x / y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.DivRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x / y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.DivKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(x / y)
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventDiv, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Mod:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(modulo(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.ModRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(modulo(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.ModKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(modulo(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventMod, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Pow:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.n >= kindLimit && c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(code.Power(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.PowRK:
				b, c := &regs[i.B()], &p.constants[i.C()]
				if b.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(code.Power(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.PowKR:
				b, c := &p.constants[i.B()], &regs[i.C()]
				if c.n >= kindLimit {
					x, y := b.float(), c.float()
					a := &regs[i.A()]
					if a.p != nil {
						a.p = nil
					}
					a.n = ^math.Float64bits(code.Power(x, y))
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventPow, *b, *c, int(fr.base)+i.A())
				continue outer
			case code.Unm:
				b := &regs[i.B()]
				if b.n >= kindLimit {
					regs[i.A()].setNumber(-b.float())
					continue
				}
				fr.pc = int32(pc)
				err = s.arith(s.thread, eventUnm, *b, *b, int(fr.base)+i.A())
				continue outer
			case code.Not:
				regs[i.A()].setBool(regs[i.B()].isFalsy())
			case code.Len:
				b := &regs[i.B()]
				switch b.n {
				case uint64(KindTable):
					regs[i.A()].setNumber(float64(b.table().length()))
					continue
				case uint64(KindString):
					regs[i.A()].setNumber(float64(b.str().length))
					continue
				}
				fr.pc = int32(pc)
				err = s.length(s.thread, *b, int(fr.base)+i.A())
				continue outer
			case code.Concat:
				fr.pc = int32(pc)
				v, done, failed := s.concatFast(regs[i.B() : i.C()+1])
				if done {
					regs[i.A()] = v
					continue
				}
				if err = failed; err == nil {
					err = s.concat(s.thread, int(fr.base)+i.C())
				}
				continue outer

			case code.Jmp:
				j := i.J()
				pc += j
				if j < 0 {
					if s.budget--; s.budget < 0 {
						fr.pc = int32(pc)
						err = s.checkpoint()
						continue outer
					}
				}
			case code.Test:
				if !regs[i.A()].isFalsy() == (i.C() != 0) {
					j := codes[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget--; s.budget < 0 {
							fr.pc = int32(pc)
							err = s.checkpoint()
							continue outer
						}
					}
				} else {
					pc++
				}
			case code.TestSet:
				if b := regs[i.B()]; !b.isFalsy() == (i.C() != 0) {
					regs[i.A()] = b
					pc += codes[pc].J() + 1
				} else {
					pc++
				}
			case code.Eq:
				a, b := &regs[i.A()], &regs[i.B()]
				equal := false
				switch {
				case a.n >= kindLimit:
					equal = b.n >= kindLimit && a.float() == b.float()
				case a.n != b.n:
				case a.p == b.p:
					equal = true
				case a.n == uint64(KindString):
					if a.str().length >= bigWork && a.str().length == b.str().length {
						fr.pc = int32(pc)
						if err = s.Step(a.str().length / bytesPerStep); err != nil {
							continue outer
						}
					}
					equal = a.str().equal(b.str())
				case a.n == uint64(KindTable) || a.n == uint64(KindUserdata):
					if handler := s.equalHandler(*a, *b); !handler.IsNil() {
						fr.pc = int32(pc)
						err = s.compareBy(s.thread, handler, *a, *b, returnTest)
						continue outer
					}
				}
				if equal == (i.C() != 0) {
					j := codes[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget--; s.budget < 0 {
							fr.pc = int32(pc)
							err = s.checkpoint()
							continue outer
						}
					}
				} else {
					pc++
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
					equal = a.str().equal(b.str())
				}
				if equal == (i.C() != 0) {
					j := codes[pc].J()
					pc += j + 1
					if j < 0 {
						if s.budget--; s.budget < 0 {
							fr.pc = int32(pc)
							err = s.checkpoint()
							continue outer
						}
					}
				} else {
					pc++
				}
			case code.Lt:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.n >= kindLimit && b.n >= kindLimit {
					if (a.float() < b.float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, *a, *b)
				continue outer
			case code.Le:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.n >= kindLimit && b.n >= kindLimit {
					if (a.float() <= b.float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, *a, *b)
				continue outer
			case code.LtRK:
				a := &regs[i.A()]
				if a.n >= kindLimit {
					if (a.float() < p.constants[i.B()].float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, *a, p.constants[i.B()])
				continue outer
			case code.LeRK:
				a := &regs[i.A()]
				if a.n >= kindLimit {
					if (a.float() <= p.constants[i.B()].float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, *a, p.constants[i.B()])
				continue outer
			case code.GtRK:
				a := &regs[i.A()]
				if a.n >= kindLimit {
					if (a.float() > p.constants[i.B()].float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLt, p.constants[i.B()], *a)
				continue outer
			case code.GeRK:
				a := &regs[i.A()]
				if a.n >= kindLimit {
					if (a.float() >= p.constants[i.B()].float()) == (i.C() != 0) {
						j := codes[pc].J()
						pc += j + 1
						if j < 0 {
							if s.budget--; s.budget < 0 {
								fr.pc = int32(pc)
								err = s.checkpoint()
								continue outer
							}
						}
					} else {
						pc++
					}
					continue
				}
				fr.pc = int32(pc)
				err = s.order(s.thread, eventLe, p.constants[i.B()], *a)
				continue outer

			case code.Call:
				th := s.thread
				slot := int(fr.base) + i.A()
				f := &regs[i.A()]
				args := i.B() - 1
				if args < 0 {
					args = th.top - slot - 1
				}
				fr.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					if err = s.checkpointKeeping(th, slot+1+args); err != nil {
						continue outer
					}
					fr = &th.frames[th.depth-1]
					regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
					f = &regs[i.A()]
				}
				if f.n == uint64(KindFunction) {
					callee := f.fn()
					q := callee.proto
					entered := slot + 1
					if q.vararg {
						entered += args
					}
					end := entered + int(q.registers)
					if end > len(th.stack) {
						if err = th.grow(end); err != nil {
							continue outer
						}
					}
					extra := int32(0)
					if params := int(q.params); q.vararg {
						extra = moveParams(th.stack, slot, args, params)
					} else if args < params {
						clear(th.stack[entered+args : entered+params])
					}
					if th.depth == len(th.frames) {
						if err = th.growFrames(); err != nil {
							continue outer
						}
					}
					fr = &th.frames[th.depth]
					th.depth++
					fr.fn, fr.base, fr.ret, fr.extra = callee, int32(entered), int32(slot), extra
					fr.want, fr.kind, fr.flags = int16(i.C())-1, frameLua, 0
					p, pc = q, 0
					codes = q.code
					regs = th.stack[entered:end]
					continue
				}
				if f.n == uint64(kindGoFunction) {
					g := f.gofn()
					if g.special == notSpecial {
						c := s.calls[s.nesting]
						c.fn, c.th, c.base, c.args, c.top = g, th, slot+1, args, slot+1+args
						c.result, c.err, c.failed = 0, nil, nil
						s.active = c
						failed := g.call(c)
						s.active = nil
						if failed == nil && c.err == nil && !s.doomed {
							fr = &th.frames[th.depth-1]
							if want := i.C() - 1; want == c.result {
								regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
								continue
							} else if want >= 0 {
								stack := th.stack
								for n := c.result; n < want; n++ {
									stack[slot+n] = Nil
								}
								regs = stack[fr.base : int(fr.base)+int(p.registers)]
								continue
							}
							th.top = slot + c.result
							regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
							continue
						}
						err = s.afterGo(th, c, failed, slot, i.C()-1, 0)
						continue outer
					}
				}
				err = s.invoke(th, slot, args, slot, i.C()-1, 0)
				continue outer
			case code.TailCall:
				th := s.thread
				slot := int(fr.base) + i.A()
				args := i.B() - 1
				if args < 0 {
					args = th.top - slot - 1
				}
				fr.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					if err = s.checkpointKeeping(th, slot+1+args); err != nil {
						continue outer
					}
					fr = &th.frames[th.depth-1]
				}
				f := th.stack[slot]
				if f.n != uint64(KindFunction) {
					// The Return behind it passes the results on.
					err = s.invoke(th, slot, args, slot, wantAll, 0)
					continue outer
				}
				// The callee takes the caller's place.
				into := int(fr.base) - 1
				if p.vararg {
					into -= int(fr.extra) + int(p.params)
				}
				copy(th.stack[into:], th.stack[slot:slot+1+args])
				ret, want, flags := fr.ret, fr.want, fr.flags
				th.depth--
				if err = s.enter(th, f.fn(), into, args, int(ret), int(want), flags); err != nil {
					th.depth++ // the error is this function's
				}
				continue outer
			case code.Return1:
				th := s.thread
				if fr.flags == 0 {
					ret := int(fr.ret)
					stack := th.stack
					stack[ret] = regs[i.A()]
					if fr.want != 1 {
						th.finish(ret, 1, int(fr.want))
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					codes = p.code
					pc = int(fr.pc)
					regs = stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				err = s.leave(th, int(fr.base)+i.A(), 1)
				continue outer
			case code.Return0:
				th := s.thread
				if fr.flags == 0 {
					if fr.want != 0 {
						th.finish(int(fr.ret), 0, int(fr.want))
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					codes = p.code
					pc = int(fr.pc)
					regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				err = s.leave(th, int(fr.base), 0)
				continue outer
			case code.Return:
				th := s.thread
				from := int(fr.base) + i.A()
				count := i.B() - 1
				if count < 0 {
					count = th.top - from
				}
				if fr.flags == 0 {
					ret := int(fr.ret)
					stack := th.stack
					copy(stack[ret:], stack[from:from+count])
					if int(fr.want) != count {
						th.finish(ret, count, int(fr.want))
					}
					th.depth--
					fr = &th.frames[th.depth-1]
					p = fr.fn.proto
					codes = p.code
					pc = int(fr.pc)
					regs = stack[fr.base : int(fr.base)+int(p.registers)]
					continue
				}
				err = s.leave(th, from, count)
				continue outer

			case code.ForPrep:
				r := regs[i.A() : i.A()+4]
				if r[0].n < kindLimit || r[1].n < kindLimit || r[2].n < kindLimit {
					fr.pc = int32(pc)
					if err = s.forNumbers(r); err != nil {
						continue outer
					}
				}
				first, limit, step := r[0].float(), r[1].float(), r[2].float()
				if step >= 0 && first <= limit || step < 0 && limit <= first {
					r[3].setNumber(first)
				} else {
					pc += i.SD()
				}
			case code.ForLoop:
				r := regs[i.A() : i.A()+4]
				step := r[2].float()
				value := r[0].float() + step
				if step >= 0 && value <= r[1].float() || step < 0 && r[1].float() <= value {
					n := ^math.Float64bits(value)
					r[0].n = n
					if r[3].p != nil {
						r[3].p = nil
					}
					r[3].n = n
					pc += i.SD()
					if s.budget--; s.budget < 0 {
						fr.pc = int32(pc)
						err = s.checkpoint()
						continue outer
					}
				}
			case code.TForCall:
				th := s.thread
				a := i.A()
				f := regs[a]
				if f.n == uint64(kindGoFunction) {
					if g := f.gofn(); g.special >= specialNext && regs[a+1].n == uint64(KindTable) {
						t := regs[a+1].table()
						if g.special == specialNext {
							key, value, known := t.next(regs[a+2], &p.caches[pc-1])
							if known {
								regs[a+3] = key
								if want := i.C(); want >= 2 {
									regs[a+4] = value
									if want > 2 {
										clear(regs[a+5 : a+3+want])
									}
								}
								continue
							}
						} else if n := regs[a+2]; n.n >= kindLimit {
							next := int(n.float()) + 1
							if uint(next) < uint(len(t.array)) {
								if value := t.array[next]; value.n != 0 {
									regs[a+3].setNumber(float64(next))
									if want := i.C(); want >= 2 {
										regs[a+4] = value
										if want > 2 {
											clear(regs[a+5 : a+3+want])
										}
									}
									continue
								}
							}
						}
					}
				}
				fr.pc = int32(pc)
				if s.budget--; s.budget < 0 {
					if err = s.checkpoint(); err != nil {
						continue outer
					}
					fr = th.current()
					regs = th.stack[fr.base : int(fr.base)+int(p.registers)]
				}
				copy(regs[a+3:a+6], regs[a:a+3])
				err = s.invoke(th, int(fr.base)+a+3, 2, int(fr.base)+a+3, i.C(), 0)
				continue outer
			case code.TForLoop:
				a := i.A()
				if v := regs[a+3]; v.n != 0 {
					regs[a+2] = v
					pc += i.SD()
					if s.budget--; s.budget < 0 {
						fr.pc = int32(pc)
						err = s.checkpoint()
						continue outer
					}
				}
			case code.Vararg:
				th := s.thread
				fr.pc = int32(pc)
				if moved, failed := s.vararg(th, fr, int(fr.base)+i.A(), i.B()-1); failed != nil {
					err = failed
					continue outer
				} else if moved {
					continue outer
				}
			case code.Closure:
				q, failed := s.child(p, i.D())
				if failed != nil {
					fr.pc, err = int32(pc), failed
					continue outer
				}
				made, failed := s.newFunction(q, fr.fn.env)
				if failed != nil {
					fr.pc, err = int32(pc), failed
					continue outer
				}
				regs[i.A()] = functionValue(made)
				made.capture(fr.fn, regs)
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

// modulo is a % b. Whole numbers, which are frequent, need no division of floats.
func modulo(a, b float64) float64 {
	if b > 0 && a >= 0 && a < 1<<53 && b < 1<<53 {
		if x, y := uint64(a), uint64(b); float64(x) == a && float64(y) == b {
			return float64(x % y)
		}
	}
	return code.Modulo(a, b)
}
