package luacode

// VMIsKnown is for the tests.
var VMIsKnown = vmIsKnown
