package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	r := newResults([]program{{version: "Node: v1"}, {missing: "LuaJIT is not there"}})
	for _, m := range []struct {
		measured
	}{
		{measured{"switches", "module", 100, 3e-5, 4e-5}},
		{measured{"switches", "Node", 100, 1e-5, 1e-5}},
		{measured{"waiting", "module", 10, 10_000, 0}},
	} {
		k := key{m.work, m.who}
		for _, factor := range []float64{1, 3, 2} {
			r.wall[k] = append(r.wall[k], factor*m.wall/m.amount)
			r.cpu[k] = append(r.cpu[k], factor*m.cpu/m.amount)
		}
	}
	report := r.report()
	for _, want := range []string{
		"| a switch, of 100,000 | ns | module | 600 (300–900) | 800 (400–1200) | 1.00 |\n",
		"| a switch, of 100,000 | ns | Node | 200 (100–300) | 200 (100–300) | 0.33 |\n",
		"| memory of one that waits, of 10,000 | bytes | module | 2000 (1000–3000) | – | 1.00 |\n",
		"- Node: v1\n- LuaJIT is not there\n",
		"- a switch, of 100,000: Node with 0.33 of the module's\n",
	} {
		if !strings.Contains(report, want) {
			t.Errorf("%q is not in\n%s", want, report)
		}
	}
	if median([]float64{4, 1, 3, 2}) != 2.5 || median(nil) != 0 {
		t.Error("the median of 1 to 4 is 2.5, of none 0")
	}
}
