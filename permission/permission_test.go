package permission_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/permission"
)

func TestPlain(t *testing.T) {
	long := strings.Repeat("x", permission.MaxItem+1)
	for _, c := range []struct {
		r           permission.Refusal
		whole, bare string
	}{
		{permission.Refusal{Permission: permission.Read, Item: "x"}, "x: reading is not allowed",
			"reading is not allowed"},
		{permission.Refusal{Permission: permission.Write, Item: "x y"}, "x y: writing is not allowed",
			"writing is not allowed"},
		{permission.Refusal{Permission: permission.Run, Item: "id"}, "id: running programs is not allowed",
			"running programs is not allowed"},
		{permission.Refusal{Permission: permission.Env, Item: "HOME"},
			"HOME: reading the environment is not allowed", "reading the environment is not allowed"},
		{permission.Refusal{Permission: permission.Net, Item: "a.test:80"}, "a.test:80: connecting is not allowed",
			"connecting is not allowed"},
		{permission.Refusal{Permission: permission.Net, Item: "a.test:80", Rule: "*.test"},
			"a.test:80: connecting is not allowed by the rule *.test", "connecting is not allowed by the rule *.test"},
		{permission.Refusal{Permission: permission.Net, Item: "a.test:80", Rule: "10.0.0.1", Secret: true},
			"a.test:80: connecting is not allowed", "connecting is not allowed"},
		{permission.Refusal{Permission: permission.Option, Item: "maxMessage", Rule: "at most 1"},
			"maxMessage: this value is not allowed", "this value is not allowed"},
		{permission.Refusal{Permission: permission.Read, Item: long}, long[:200] + "… and 3897 bytes more: reading " +
			"is not allowed", "reading is not allowed"},
	} {
		words := permission.Words(nil).OrPlain()
		if whole, bare := words(c.r, permission.Whole),
			words(c.r, permission.Bare); whole != c.whole || bare != c.bare || c.r.Error() != c.whole {
			t.Errorf("%+v: %q and %q, want %q and %q", c.r, whole, bare, c.whole, c.bare)
		}
	}
	secret := permission.Refusal{Permission: permission.Net, Item: "a.test:80", Rule: "10.0.0.1", Secret: true}
	if got := permission.Plain(secret, permission.RuleAlone); got != "rule 10.0.0.1" {
		t.Errorf("the rule for the log is %q", got)
	}
}

func TestListError(t *testing.T) {
	cause := errors.New("it is empty")
	err := fmt.Errorf("read the settings: %w", &permission.ListError{List: "deny", Err: cause})
	if err.Error() != `read the settings: bad item "" of deny: it is empty` || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}
