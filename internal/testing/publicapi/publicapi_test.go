package publicapi

import (
	"go/token"
	"go/types"
	"testing"
)

// The walk finds an internal type wherever a signature can have it.
func TestFindsInternal(t *testing.T) {
	internal := types.NewPackage("example.org/internal/secret", "secret")
	hidden := types.NewNamed(types.NewTypeName(token.NoPos, internal, "Hidden", nil), types.NewStruct(nil, nil), nil)
	home := types.NewPackage("example.org/home", "home")
	one := func(of types.Type) *types.Tuple { return types.NewTuple(types.NewVar(token.NoPos, home, "x", of)) }
	field := func(name string, of types.Type) types.Type {
		return types.NewStruct([]*types.Var{types.NewField(token.NoPos, home, name, of, false)}, nil)
	}
	for name, c := range map[string]struct {
		of   types.Type
		hits int
	}{
		"parameter":        {types.NewSignatureType(nil, nil, nil, one(hidden), nil, false), 1},
		"result":           {types.NewSignatureType(nil, nil, nil, nil, one(types.NewPointer(hidden)), false), 1},
		"exported field":   {field("Field", types.NewSlice(hidden)), 1},
		"unexported field": {field("field", hidden), 0},
		"map and channel":  {types.NewMap(hidden, types.NewChan(types.SendRecv, hidden)), 2},
		"interface's method": {types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, home, "Do",
			types.NewSignatureType(nil, nil, nil, one(hidden), nil, false))}, nil), 1},
		"type of its own": {types.NewNamed(types.NewTypeName(token.NoPos, home, "Open", nil), field("Field", hidden),
			nil), 0},
	} {
		w := signatures{pkg: home}
		w.object(name, types.NewVar(token.NoPos, home, "X", c.of))
		if len(w.found) != c.hits {
			t.Errorf("%s: %q, want %d findings", name, w.found, c.hits)
		}
	}
	alias := types.NewTypeName(token.NoPos, home, "Alias", nil)
	types.NewAlias(alias, hidden)
	w := signatures{pkg: home}
	if w.object("alias", alias); len(w.found) != 1 {
		t.Errorf("alias: %q, want one finding", w.found)
	}
}
