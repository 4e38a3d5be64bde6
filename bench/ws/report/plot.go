package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"text/template"

	"github.com/tidewire/tidewire/bench/ws/scenario"
)

// Sizes of the plot, in pixels. The axis has our engine at 1 in the middle of its decades.
const (
	plotWidth  = 1010
	plotLeft   = 440
	plotRight  = 20
	rowHeight  = 24 // of a row whose letters are all on its line
	plotTop    = 92
	plotBottom = 46
	legendLine = 58

	leastRatio    = 1.0 / 16
	greatestRatio = 64.0

	// Letters closer than closeBy would hide each other: they are laneHeight above or below
	// their row.
	closeBy    = 9
	laneHeight = 10
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
	{Name: raw, Sign: "R"}, {Name: "gobwas", Sign: "B"}, {Name: "gws", Sign: "W"}, {Name: "gorilla", Sign: "G"},
	{Name: "coder", Sign: "C"},
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
	Title, Figures, Date                    string
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
		Title: "The figures of the others over our engine's",
		Figures: "CPU time; at a fixed rate the median time, of frames the delay that 1 in 100 exceeds, " +
			"of idle connections the memory",
		Date: r.Date.Format("2006-01-02") + ", " + r.Machine + ", " + r.Go,
		One:  position(1),
	}
	for i, l := range letters {
		l.X, l.Y = plotLeft+float64(i)*110, legendLine
		p.Legend = append(p.Legend, l)
	}
	for ratio := leastRatio; ratio <= greatestRatio; ratio *= 2 {
		label := fmt.Sprintf("%g", ratio)
		if ratio < 1 {
			label = fmt.Sprintf("1/%g", 1/ratio)
		}
		p.Ticks = append(p.Ticks, tick{Label: label, X: position(ratio)})
	}
	p.Bottom = plotTop
	for _, s := range r.Scenarios {
		if row, ok := r.plotRow(s, &p.Bottom); ok {
			p.Rows = append(p.Rows, row)
		}
	}
	p.Height = p.Bottom + plotBottom
	var out bytes.Buffer
	err := plotTemplate.Execute(&out, p)
	return out.Bytes(), err
}

// plotRow puts a scenario's row below bottom, and bottom below the row.
func (r *Run) plotRow(s scenario.Scenario, bottom *float64) (row plotRow, ok bool) {
	ours, ok := r.median(s, engine)
	if !ok {
		return row, false
	}
	row = plotRow{Title: s.Title, Figure: unit(s.Kind, ours)}
	for _, l := range letters {
		if figure, ok := r.median(s, l.Name); ok {
			l.X = position(figure / ours)
			row.Marks = append(row.Marks, l)
		}
	}
	above, below := apart(row.Marks)
	row.Y = *bottom + above + rowHeight/2
	*bottom = row.Y + below + rowHeight/2
	for i := range row.Marks {
		row.Marks[i].Y += row.Y
	}
	return row, true
}

// position is the place of a ratio on the axis. Ratios off the axis are at its ends.
func position(ratio float64) float64 {
	ratio = min(max(ratio, leastRatio), greatestRatio)
	part := math.Log(ratio/leastRatio) / math.Log(greatestRatio/leastRatio)
	return math.Round(10*(plotLeft+part*(plotWidth-plotLeft-plotRight))) / 10
}

// apart moves letters that would hide each other into lanes above and below their row, the
// nearest that has room, and returns how far up and down it went.
func apart(marks []letter) (above, below float64) {
	for i := range marks {
		lane := 0
		for hidden(marks[:i], marks[i].X, float64(lane)*laneHeight) {
			if lane < 0 {
				lane = -lane
			} else {
				lane = -lane - 1
			}
		}
		marks[i].Y = float64(lane) * laneHeight
		above, below = max(above, -marks[i].Y), max(below, marks[i].Y)
	}
	return above, below
}

// hidden reports whether a letter at x in a lane would hide one of the others.
func hidden(others []letter, x, lane float64) bool {
	return slices.ContainsFunc(others, func(l letter) bool { return l.Y == lane && math.Abs(l.X-x) < closeBy })
}
