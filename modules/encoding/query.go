package encoding

import (
	"cmp"
	"fmt"
	"math"
	"strconv"

	"github.com/tidewire/tidewire/lua"
)

const (
	pairBytes = 40 // of a pair, reserved

	slotsPerStep = 64

	// maxShown bounds names in errors, in bytes.
	maxShown = 40

	exactInteger = 1 << 53
)

// A pair is a key of a query with its value, a list or one value.
type pair struct {
	key   string
	value lua.Value
}

// query is url.query(table): key=value&…, keys sorted by their bytes. A list repeats its
// key, an empty one leaves it out. The table is read without metamethods.
func (m *module) query(c *lua.Call) error {
	table := c.Table(1)
	if err := c.Err(); err != nil {
		return err
	}
	pairs, err := m.pairs(c, table)
	if err == nil {
		err = m.sort(pairs)
	}
	for i := 0; err == nil && i < len(pairs); i++ {
		err = m.pair(c, pairs[i])
	}
	m.s.Unreserve(cap(pairs) * pairBytes)
	return m.write(c, err)
}

// pairs returns the table's pairs in any order. Their memory is reserved, also when there
// is an error.
func (m *module) pairs(c *lua.Call, table *lua.Table) (pairs []pair, err error) {
	if err := m.s.Step(table.Slots() / slotsPerStep); err != nil {
		return nil, err
	}
	for key, value := range table.All {
		if err := m.s.Step(1); err != nil {
			return pairs, err
		}
		name, isText := key.AsString()
		if !isText {
			return pairs, c.ArgError(1, "keys that are strings expected, got a "+key.TypeName())
		}
		if len(pairs) == cap(pairs) {
			size := max(2*cap(pairs), 16)
			if err := m.s.Reserve((size - cap(pairs)) * pairBytes); err != nil {
				return pairs, err
			}
			pairs = append(make([]pair, 0, size), pairs...)
		}
		pairs = append(pairs, pair{name, value})
	}
	return pairs, nil
}

// sort sorts pairs by their keys. It is heapsort, since that can stop at an interrupt in
// the middle.
func (m *module) sort(pairs []pair) error {
	for i := len(pairs)/2 - 1; i >= 0; i-- {
		if err := m.sink(pairs, i); err != nil {
			return err
		}
	}
	for last := len(pairs) - 1; last > 0; last-- {
		pairs[0], pairs[last] = pairs[last], pairs[0]
		if err := m.sink(pairs[:last], 0); err != nil {
			return err
		}
	}
	return nil
}

// sink moves a pair down the heap until no larger key is below it.
func (m *module) sink(heap []pair, at int) error {
	for {
		child := 2*at + 1
		if child >= len(heap) {
			return nil
		}
		if child+1 < len(heap) {
			order, err := m.compare(heap[child].key, heap[child+1].key)
			if err != nil {
				return err
			}
			if order < 0 {
				child++
			}
		}
		order, err := m.compare(heap[at].key, heap[child].key)
		if err != nil || order >= 0 {
			return err
		}
		heap[at], heap[child] = heap[child], heap[at]
		at = child
	}
}

func (m *module) compare(a, b string) (int, error) {
	if err := m.s.Step(1 + min(len(a), len(b))/bytesPerStep); err != nil {
		return 0, err
	}
	return cmp.Compare(a, b), nil
}

// pair appends a key with its value, or with each one of a list.
func (m *module) pair(c *lua.Call, p pair) error {
	list, isTable := p.value.AsTable()
	if !isTable {
		return m.item(c, p.key, p.value, 0)
	}
	count := list.Len()
	others := 0
	if err := m.s.Step(list.Slots() / slotsPerStep); err != nil {
		return err
	}
	for key := range list.All {
		if err := m.s.Step(1); err != nil {
			return err
		}
		if f, isNumber := key.AsNumber(); !isNumber || f != math.Trunc(f) || f < 1 || f > float64(count) {
			others++
		}
	}
	if others > 0 {
		return c.ArgError(1, fmt.Sprintf("field '%s': list expected, got a table with other keys", brief(p.key)))
	}
	for i := 1; i <= count; i++ {
		if err := m.s.Step(1); err != nil {
			return err
		}
		if err := m.item(c, p.key, list.GetInt(i), i); err != nil {
			return err
		}
	}
	return nil
}

// item appends key=value. place is the value's in its list, or 0.
func (m *module) item(c *lua.Call, key string, value lua.Value, place int) error {
	text, problem := queryText(value)
	if problem != "" {
		field := brief(key)
		if place > 0 {
			field += fmt.Sprintf("[%d]", place)
		}
		return c.ArgError(1, fmt.Sprintf("field '%s': string, number or boolean expected, got %s", field, problem))
	}
	if m.out.Len() > 0 {
		m.out.AddByte('&')
	}
	if err := m.escape(key); err != nil {
		return err
	}
	m.out.AddByte('=')
	return m.escape(text)
}

// queryText returns the text of a value. Numbers have all their digits: a time in
// microseconds is no 1.7e+15.
func queryText(value lua.Value) (text, problem string) {
	switch value.Kind() {
	case lua.KindString:
		text, _ := value.AsString()
		return text, ""
	case lua.KindBool:
		return strconv.FormatBool(value.Truth()), ""
	case lua.KindNumber:
		f, _ := value.AsNumber()
		switch {
		case math.IsNaN(f) || math.IsInf(f, 0):
			return "", strconv.FormatFloat(f, 'g', -1, 64)
		case f == math.Trunc(f) && math.Abs(f) <= exactInteger:
			return strconv.FormatInt(int64(f), 10), ""
		}
		return strconv.FormatFloat(f, 'g', -1, 64), ""
	}
	return "", value.TypeName()
}

// brief shortens a name for an error.
func brief(text string) string {
	if len(text) > maxShown {
		text = text[:maxShown] + "..."
	}
	quoted := strconv.QuoteToASCII(text)
	return quoted[1 : len(quoted)-1]
}
