package tablelib

import "github.com/tidewire/tidewire/lua"

// concatFunction makes table.concat, which uses one Builder over and over: it calls
// nothing that could call it.
func concatFunction(s *lua.State) lua.GoFunction {
	out := s.NewBuilder()
	return func(c *lua.Call) error {
		t, separator, first := c.Table(1), c.OptString(2, ""), c.OptInt32(3, 1)
		last := t.Len()
		if !c.Arg(4).IsNil() {
			last = c.Int32(4)
		}
		if err := c.Err(); err != nil {
			return err
		}
		if err := concat(c, out, t, separator, first, last); err != nil {
			out.Reset()
			return err
		}
		made, err := out.Value()
		if err != nil {
			return err
		}
		return c.Return(made)
	}
}

// concat writes the values under a range of indices.
func concat(c *lua.Call, out *lua.Builder, t *lua.Table, separator string, first, last int) error {
	for i := first; i <= last; i++ {
		if (i-first)%piece == 0 {
			if err := c.State().Step(min(piece, last-i+1)); err != nil {
				return err
			}
		}
		v := t.GetInt(i)
		if text, isString := v.AsString(); isString {
			out.WriteString(text)
		} else if f, isNumber := v.AsNumber(); isNumber {
			out.WriteNumber(f)
		} else {
			return c.Errorf("invalid value (%s) at index %d in table for 'concat'", v.TypeName(), i)
		}
		if i < last {
			out.WriteString(separator)
		}
		if err := out.Err(); err != nil {
			return err
		}
	}
	return nil
}
