package tablelib

import (
	"errors"
	"math/bits"

	"github.com/tidewire/tidewire/lua"
)

var errOrder = errors.New("invalid order function for sorting")

// order sorts the values of a table in place. Its quicksort makes the comparisons and
// exchanges of Lua's own one, so that values which are equal end up where they do there.
// A heapsort takes over where Lua's would take quadratic time.
type order struct {
	s    *lua.State
	t    *lua.Table
	call *lua.Caller // of the order function; nil for '<'
}

func sort(c *lua.Call) error {
	t, f := c.Table(1), lua.Nil
	if !c.Arg(2).IsNil() {
		f = c.Function(2)
	}
	if err := c.Err(); err != nil {
		return err
	}
	o := order{s: c.State(), t: t}
	length := t.Len()
	depth := 4 * bits.Len(uint(length)) // random values take about half of this
	var err error
	if f.IsNil() {
		err = o.quicksort(1, length, depth)
	} else {
		err = c.CallMany(f, func(k *lua.Caller) error {
			o.call = k
			return o.quicksort(1, length, depth)
		})
	}
	if err == errOrder {
		return c.Errorf("%w", errOrder)
	}
	if err != nil {
		return err
	}
	return c.Return()
}

// less reports whether a belongs before b. It counts a step.
func (o *order) less(a, b lua.Value) (bool, error) {
	if o.call != nil {
		v, err := o.call.Call1(a, b)
		return v.Truth(), err
	}
	if err := o.s.Step(1); err != nil {
		return false, err
	}
	if x, isNumber := a.AsNumber(); isNumber {
		if y, isNumber := b.AsNumber(); isNumber {
			return x < y, nil
		}
	}
	return o.s.Less(a, b)
}

func (o *order) lessAt(i, j int) (bool, error) { return o.less(o.t.GetInt(i), o.t.GetInt(j)) }

func (o *order) set(i int, v lua.Value) error { return o.t.SetInt(i, v) }

func (o *order) swap(i, j int) error {
	a, b := o.t.GetInt(i), o.t.GetInt(j)
	if err := o.set(i, b); err != nil {
		return err
	}
	return o.set(j, a)
}

// swapIfLess exchanges the values at i and j if that at i is less than that at j.
func (o *order) swapIfLess(i, j int) (swapped bool, err error) {
	if swapped, err = o.lessAt(i, j); err != nil || !swapped {
		return false, err
	}
	return true, o.swap(i, j)
}

// quicksort sorts the values from low to high, in at most depth levels of partitions.
func (o *order) quicksort(low, high, depth int) error {
	for low < high {
		if depth--; depth < 0 {
			return o.heapsort(low, high)
		}
		if _, err := o.swapIfLess(high, low); err != nil || high-low == 1 {
			return err
		}
		middle := (low + high) / 2
		swapped, err := o.swapIfLess(middle, low)
		if err == nil && !swapped {
			_, err = o.swapIfLess(high, middle)
		}
		if err != nil || high-low == 2 {
			return err
		}
		at, err := o.partition(low, high, middle)
		if err != nil {
			return err
		}
		// The smaller part first, so that the recursion is not deep.
		if at-low < high-at {
			err = o.quicksort(low, at-1, depth)
			low = at + 1
		} else {
			err = o.quicksort(at+1, high, depth)
			high = at - 1
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// partition moves the value in the middle to the place that it has in the end, and
// returns the place: the values that belong before it are below, the rest above. The
// first value is not more, the last one not less than it, so that no search passes them
// unless the order function is invalid.
func (o *order) partition(low, high, middle int) (int, error) {
	pivot := o.t.GetInt(middle)
	if err := o.swap(middle, high-1); err != nil {
		return 0, err
	}
	i, j := low, high-1
	for {
		for {
			i++
			less, err := o.less(o.t.GetInt(i), pivot)
			if err != nil {
				return 0, err
			}
			if !less {
				break
			}
			if i >= high {
				return 0, errOrder
			}
		}
		for {
			j--
			less, err := o.less(pivot, o.t.GetInt(j))
			if err != nil {
				return 0, err
			}
			if !less {
				break
			}
			if j <= low {
				return 0, errOrder
			}
		}
		if j < i {
			break
		}
		if err := o.swap(i, j); err != nil {
			return 0, err
		}
	}
	return i, o.swap(high-1, i)
}

// heapsort sorts the values from low to high in O(n log n), whatever they are.
func (o *order) heapsort(low, high int) error {
	n := high - low + 1
	for root := n/2 - 1; root >= 0; root-- {
		if err := o.sink(low, root, n); err != nil {
			return err
		}
	}
	for n--; n > 0; n-- {
		if err := o.swap(low, low+n); err != nil {
			return err
		}
		if err := o.sink(low, 0, n); err != nil {
			return err
		}
	}
	return nil
}

// sink moves a value of the heap of n values that begins at low down to where it belongs.
func (o *order) sink(low, root, n int) error {
	for {
		child := 2*root + 1
		if child >= n {
			return nil
		}
		if child+1 < n {
			less, err := o.lessAt(low+child, low+child+1)
			if err != nil {
				return err
			}
			if less {
				child++
			}
		}
		less, err := o.lessAt(low+root, low+child)
		if err != nil || !less {
			return err
		}
		if err := o.swap(low+root, low+child); err != nil {
			return err
		}
		root = child
	}
}
