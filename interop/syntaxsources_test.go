//go:build interop

package interop

// validSources are whole programs, which TestSyntaxInLuaJIT breaks.
var validSources = []string{
	`-- reconnects with backoff
local url, delay = "wss://example.test/feed", 1
local function connect()
  local id
  id = websocket.connect(url, {
    onOpen = function(info) delay = 1; websocket.send(id, [[{"op": "hello"}]]) end,
    onMessage = function(data, isBinary) print(#data, isBinary and "binary" or 'text') end;
    onError = function(message) host.After(delay * 1000, connect) delay = math.min(delay * 2, 60) end,
  })
  return id
end
connect()
`,
	`local t = {1, 2; 3, n = 3, [10] = 0x1F, ["a b"] = .5e-3, {nested = {}}, (f()), ...}
for i = #t, 1, -1 do t[i] = t[i] ^ 2 % 7 end
for k, v in pairs(t) do
  if type(k) == "number" and k > 1 then
    t[k], t.last = v .. "\65\x41\z
      \u{20AC}", k
  elseif not (k == 'n') then break
  else goto continue end
  ::continue::
end
return t, select('#', ...), -2 ^ -2
`,
	`local Class = {}
Class.__index = Class
function Class.new(x, ...)
  local self = setmetatable({x = x, rest = {...}}, Class)
  return self
end
function Class:add(other) self.x = self.x + (other.x or 0) * 1 - 2 / 3 return self end
function Class.sub.deep:method(a, b, ...) local n = select("#", ...) return ... end
local a = Class.new(1):add{x = 2}:add(Class.new 'x')
repeat local done = a.x >= 3 or a.x ~= a.x until done
while a do a = a.next; do local b <= 1 end end
`,
	`do local goto = 1; goto = goto + 1 end
x = --[[ a
comment ]] 5 --[==[ ]] ]==] y = [=[
long ]] text]=]
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20), "tab\tquote\"", 'it''s', ("x"):rep(3), #"abc", not nil == true)
(f or g)(1)
`,
	`local s = "a" .. "b" .. 1 .. 2.5 .. (x and y or z)
s = s:gsub("%w+", function(w) return ("<%s>"):format(w) end):upper()
local a, b, c = f(), (g()), {h()}
a.b.c["d"].e, b[1][2] = a < b, a <= b == (c > d) ~= (c >= d)
if a then elseif b then else end
return (function(...) return ... end)(a, b, c)
`,
}

// oddSources are small cases of right and wrong syntax.
var oddSources = []string{
	"", ";", ";;", "a=1;;", "do ; end", "return;;", "return 1; ;", "local a; ; local b", "x = 1 ; ", "break ; ;",
	"while true do break local x end", "while true do break; local x end", "(a) = 1", "(a), b = 1", "a, (b) = 1",
	"(f())", "(f()) = 1", "f() = 1", "a, f() = 1", "a", "a.b", "a:b", "a:b = 1", "(1) = 2", "(a).b = 1",
	"('x'):rep(3)", "'x':rep(3)", "{}.x = 1", "(a)\n(b)", "f\n(x)", "f\n'x'", "f\n{}", "f(\n\n x y", "f(x\n\n", "f(x",
	"if x then", "if x\nthen\n", "while x do\n\n", "while x", "for i", "for i = 1", "for i = 1, 2 do\n",
	"for i in x do\n", "for i, 1 in x", "for i, j = 1", "for i in", "function", "function a.", "function a.b.c:m",
	"function a:b.c()", "function f(a,", "function f(a b)", "function f(...,a)", "function f(1)", "function f()\n",
	"local function", "local function f", "local x =", "local x, ", "local x, y = 1,", "x = {", "x = {1 2}",
	"x = {a=}", "x = {[1] 2}", "x = {[1", "x = {\n1", "x = {1;2,3;}", "x={,}", "x={;}", "x = {a.b=1}", "goto = 1",
	"local goto = 1", "goto goto", "goto x", "goto:x()", "x.goto = 1", "x = {goto = 1}", "function goto() end",
	"for goto=1,2 do end", "function f(goto) end", "return goto", "goto\nx", "goto 1", "::goto::", "goto.x = 1",
	"goto x y", "::a", "::1::", "::a:: ::a::", "x.end = 1", "x = {end=1}", "x:end()", "x.1", "x = y.and",
	"x = a..b..c", "x = 1..2", "x=1 ..2", "x = 1.", "x=1.e3", "x=.5", "x=.", "x=..", "x=...", "x=~1", "x=a!=b",
	"x=a~b", "x=`", "x=\x01", "x=\x7f", "x=\x00", "\x00", "x\x00 y", "x=é", "é=1", "x='é' y", "x='a\\0b' 1",
	"local 'a\\0b'", "local 'a\x00b'", "local [[a\nb]]", "local [==[r\nar\nb]==]", "local \"a\\nb\"", "x='a\\qb'",
	"x='a\\x4'", "x='a\\x4g'", "x='a\\u'", "x='a\\u{'", "x='a\\u{}'", "x='a\\u{110000}'", "x='a\\u{10ffff}'",
	"x='a\\u{d800}'", "x='a\\u{00000000041}'", "x='a\\u{41'", "x='a\\u{4g}'", "x='\\256'", "x='\\25'", "x='a\\",
	"x='a\\\n", "x='a\\r\n'", "x='arb'", "x='\\z", "x='a\\z\n\n", "x='a\\z\n\nb", "x='\\300'", "x=[=a", "x=[=", "x=[",
	"x=[==[a]=]", "x=[[a]", "--[==[ a", "--[==[ a ]=]", "--[=x", "--[[\n\n", "x=[[\n\n", "x='a\n\n'", "x = 3x",
	"x=0x1p", "x=1e+", "x=1e+x", "x=1l", "x=0b12", "x=0b", "x=1..", "x=1.2.3", "x=1_000", "x=5é", "x = }", "end",
	"else", "until", "return return", "return 1,", "return x y", "do return end x()", "do return x() end",
	"return end", "return until", "if x then return else return end", "x = function", "x = function(",
	"x = function() return ... end", "function f(...) return function() return ... end end",
	"function f() g(...) end", "function f() return {...} end", "not x", "x = not", "x = -", "x=#", "x = a b", "x=(",
	"x=(a", "x=(\na\n", "x=()", "f(,)", "f(a,)", "x[", "x[]", "x[1", "x[\n1\n", "x:", "x:y", "x:1", "x:y\n(z)",
	"x.y\n.z()", "x = function() end()", "x = (function() end)()", "x = {}()", "x = 'a'()", "x = 'a'.b", "x = {}.b",
	"x = ('a').b", "function f() end()", "repeat\n\nuntil", "repeat\nx()", "repeat local a = 1 until a", "a.b.c",
	"a.b, c", "a.b, c = 1", "local a.b = 1", "local a, a = 1", "nil = 1", "@", "a=@", "a = 'x' 'y'", "f 'x' 'y' {z} ",
	"=", "==", "::", "...", "...=1", "x,=1", ",", "for", "for 1=1", "for x", "x = function(a,b,) end",
	"x = function(a,b,...) end", "x = \"a\\\"", "x=$y", "x?y", "x=\"\\", "local x <const> = 1", "x += 1", "a // b",
	"x = a // b", "x = a & b", "continue", "x = a ? b : c", "if a = b then end", "if (a == b) { }", "else if",
	"if x then elseif", "if x then elseif y", "if x then elseif y then else", "if x then else elseif y",
	"return --[[", "a = b\n(c or d):e()", "a = b;(c or d):e()", "a.b\n\n:c\n()", "a.b\n:c()", "a:b\n'x'", "a:b\n{}",
	"\r\n\r\n\n\rx y", "x = 'a\\\n\rb' y", "x = [[\n\r\n]] y", "--[[\r\r]] x y", "-- a\rx y", "x\f=\v1 y =",
	"--[==[\n]]\n]==] x y",
	"f{a\n(b)}", "f{a\n=1}", "f{a\n.b}", "x = {goto}", "x = {goto\n=1}", "goto\n\nx = 1", "goto.x()", "goto 'x'",
	"return goto, goto",
	"x = 'a\\0b' 'c'", "local 'a\\0b", "x = \"\\u{7fffffff}\"", "x = '\\u{0}'", "x = '\\u{dfff}'", "x = '\\u{e000}'",
	"x = '\\xG0'",
	"x = '\\1a\\12b\\123c'", "x = '\\0000'", "x = '\\z'", "x = '\\z  y' z", "x = '\\\x00'", "x = '\\E'", "x = 0b1e1",
	"x = 0b1.1",
	"x = 0x.p1", "x = 0x1.8p", "x = 0x1p+-1", "x = 08", "x = 1e1e1", "x = 0xep1", "x = 0xe+1", "x = 1p1", "x = 1a",
	"x = 1.a",
	"return function() break end", "for i = 1, 2, 3, 4 do end", "for i, in x do end", "for 'x' in y do end",
	"local function f.x() end",
	"local function f:x() end", "function f[1]() end", "function 'x'() end", "function (x) end", "a.1 = 2", "a['x'",
	"a[1,2] = 3",
	"a, b, c", "a, b, c = ", "a = b = c", "local a = b = c", "return = 1", "x = return", "x = if",
	"x = {function() end = 1}",
	"x = {['a'], 1}", "x = {[a]}", "x = {a b}", "x = {1,,2}", "x = {1;;2}", "x = {1,;2}", "if x do end",
	"while x then end",
	"for i = 1, 2 then end", "repeat end", "repeat x() until", "until x", "do", "do do end", "if then end", "if x end",
	"function f() return end end",
	"local x; return x; x()", "return;", "return; return", "do return; end", "do return 1, 2; end x = 1",
	"do break; end", "::a::;::b::",
	"::a:: ;; ::b::", ":: a ::", "::a\n::", "::a::\n::a::", "::and::", "(a.b):c()", "(a):b().c = 1", "((a)) = 1",
	"((a)).b = 1",
	"(a)(b)", "(a){b}", "(a)'b'", "(a):b", "-x", "- = 1", " # = 1", " #x = 1", "{}", "{} = 1", "'x' = 1", "... = 1",
	"nil()", "true.x = 1",
	"function f(...) end ...", "function f(..., ...) end", "function f(a, a) end", "function f(a.b) end",
	"function f(nil) end",
	"x = function f() end", "local = 1", "local local", "local x y", "local x, = 1", "local 'x'", "x = a.b.", "x = a:b",
	"x = a:b.c",
	"x = not not", "x = - - - y", "x = --", "x = 1 + ", "x = 1 + * 2", "x = 1 and", "x = 1 or or 2", "x = == 1",
	"x = a == = b", "x =- 1", "x -= 1",
	"a->b", "a=>b", "a ~ = b", "a ! = b", "a <> b", "x = a <> b", "x = a && b", "x = a || b", "x = !a", "int x = 1;",
	"var x = 1", "x++", "/* c */", "// c",
	"f(a\n,\nb\n", "f{\n\n1 2\n}", "x = {\n{\n}\n", "f(\n(\n\nx\n) y", "function f(\na\n", "while (\nx do end",
	"if x then\nwhile y do\nend\n",
	"for i = 1, 2 do\nif x then\nend", "local function f()\nif x then\nrepeat\nuntil y", "f(function()\n\nend",
	"x = function(\n\n)\n\n", "x =\n\n(\n1\n",
}
