package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"text/template"

	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// Sizes of the plot, in pixels. The axis has our engine at 1 in the middle of its decades.
const (
	plotWidth  = 1010
	plotLeft   = 440
	plotRight  = 20
	rowHeight  = 26
	plotTop    = 74
	plotBottom = 46

	leastRatio    = 1.0 / 16
	greatestRatio = 64.0

	// Letters closer than this are set above and below their row.
	closeBy = 9
)

//go:embed plot.svg.tmpl
var plotSource string

var plotTemplate = template.Must(template.New("plot").Parse(plotSource))

// A letter marks a contestant, so that the plot can be read without colours.
type letter struct {
	Name, Sign string
	X, Y       float64
}

var letters = []letter{
	{Name: raw, Sign: "r"}, {Name: "gobwas", Sign: "b"}, {Name: "gws", Sign: "w"}, {Name: "gorilla", Sign: "g"},
	{Name: "coder", Sign: "c"},
}

type plotRow struct {
	Title  string
	Figure string // the engine's
	Y      float64
	Marks  []letter
}

type tick struct {
	Label string
	X     float64
}

type plot struct {
	Width, Height, Left, Right, Top, Bottom float64
	Title, Date                             string
	Legend                                  []letter
	Ticks                                   []tick
	One                                     float64
	Rows                                    []plotRow
}

// Plot is the plot as SVG: for each scenario the figures of the others over that of our
// engine, on a logarithmic axis.
func (r *Run) Plot() ([]byte, error) {
	p := plot{
		Width: plotWidth, Left: plotLeft, Right: plotWidth - plotRight, Top: plotTop,
		Title: "The others over our engine: CPU time, median time at a rate, memory when idle",
		Date:  r.Date.Format("2006-01-02") + ", " + r.Machine + ", " + r.Go,
		One:   position(1),
	}
	for i, l := range letters {
		l.X, l.Y = plotLeft+float64(i)*110, 40
		p.Legend = append(p.Legend, l)
	}
	for ratio := leastRatio; ratio <= greatestRatio; ratio *= 2 {
		label := fmt.Sprintf("%g", ratio)
		if ratio < 1 {
			label = fmt.Sprintf("1/%g", 1/ratio)
		}
		p.Ticks = append(p.Ticks, tick{Label: label, X: position(ratio)})
	}
	for _, s := range r.Scenarios {
		if row, ok := r.plotRow(s, plotTop+(float64(len(p.Rows))+0.5)*rowHeight); ok {
			p.Rows = append(p.Rows, row)
		}
	}
	p.Bottom = plotTop + float64(len(p.Rows))*rowHeight
	p.Height = p.Bottom + plotBottom
	var out bytes.Buffer
	err := plotTemplate.Execute(&out, p)
	return out.Bytes(), err
}

func (r *Run) plotRow(s scenario.Scenario, y float64) (row plotRow, ok bool) {
	ours, ok := r.median(s, engine)
	if !ok {
		return row, false
	}
	row = plotRow{Title: s.Title, Figure: unit(s.Kind, ours), Y: y}
	for _, l := range letters {
		if figure, ok := r.median(s, l.Name); ok {
			l.X, l.Y = position(figure/ours), y
			row.Marks = append(row.Marks, l)
		}
	}
	apart(row.Marks)
	return row, true
}

// position is the place of a ratio on the axis. Ratios off the axis are at its ends.
func position(ratio float64) float64 {
	ratio = min(max(ratio, leastRatio), greatestRatio)
	part := math.Log(ratio/leastRatio) / math.Log(greatestRatio/leastRatio)
	return math.Round(10*(plotLeft+part*(plotWidth-plotLeft-plotRight))) / 10
}

// apart moves letters that would hide each other, up and down in turns.
func apart(marks []letter) {
	up := true
	for i := range marks {
		for j := range i {
			if math.Abs(marks[i].X-marks[j].X) < closeBy && marks[i].Y == marks[j].Y {
				if up {
					marks[i].Y -= closeBy
				} else {
					marks[i].Y += closeBy
				}
				up = !up
			}
		}
	}
}
