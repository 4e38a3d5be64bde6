package gopherlua_test

import (
	"testing"

	"github.com/tidewire/tidewire/internal/testing/publicapi"
)

func TestSignaturesArePublic(t *testing.T) {
	publicapi.Check(t, "github.com/tidewire/tidewire/doors/gopherlua")
}
