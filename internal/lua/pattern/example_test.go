package pattern_test

import (
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/internal/lua/pattern"
)

// string.find and string.match look for one match.
func ExampleMatcher_Next() {
	subject := "key = value"
	var m pattern.Matcher
	m.Reset(pattern.Compile("(%w+)%s*=%s*(%w+)"), subject)
	from, to, err := m.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(from, to)
	for i := range m.Captures() {
		from, to, _, err := m.Capture(i)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(subject[from:to])
	}
	// Output:
	// 0 11
	// key
	// value
}

// string.gsub with a template goes from match to match.
func ExampleMatcher_Expand() {
	subject := "hello world"
	var m pattern.Matcher
	m.Reset(pattern.Compile("(%w)(%w*)"), subject)
	var out strings.Builder // or a writer that bounds the result
	copied, count := 0, 0
	for {
		from, to, err := m.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		if from < 0 {
			break
		}
		out.WriteString(subject[copied:from])
		if err := m.Expand(&out, "%2%1ay"); err != nil {
			fmt.Println(err)
			return
		}
		copied = to
		count++
	}
	out.WriteString(subject[copied:])
	fmt.Println(out.String(), count)
	// Output: ellohay orldway 2
}
