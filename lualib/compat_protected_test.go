package lualib

import "testing"

// A VM with other fields would get its own protected calls, whose errors break the upvalues of callers.
func TestVMIsKnown(t *testing.T) {
	if !vm.known {
		t.Error("the VM has not the fields that pcall looks at")
	}
}
