print(("hello"):sub(2,3), ("hello"):sub(-3), ("x"):rep(3, ","), ("abc"):reverse(), ("aBc"):upper(), ("aBc"):lower())
print(("hello"):byte(1,-1)) print(string.char(104,105), #string.char())
print(("hello world"):find("o w")) print(("hello"):find("l+")) print(("hello"):find("(l)(l)")) print(("a.b"):find(".", 1, true))
print(("key=val"):match("(%w+)=(%w+)")) print(("x"):match("()")) print(("x"):match("y"))
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end
for w in ("one two"):gmatch("%a+") do print(w) end
print(("abc"):gsub("%w", "%0%0")) print(("abc"):gsub("", "-")) print(("hello"):gsub("l", {l = "L"})) print(("hello"):gsub(".", function(c) if c == "e" then return 3 end end, 3))
print(pcall(string.gsub, "x", "x", "%2")) print(pcall(string.rep)) print(pcall(string.find, "x", "[")) print(pcall(("x").gsub, "x", "x", function() return {} end))
print(string.format("%d %5.2f %s %q %x %g %%", 3, 2.5, nil, "a\nb", 255, 0.1)) print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%y", 1))
print(string.format("%s", setmetatable({}, {__tostring = function() return "T" end}))) print(pcall(string.char, 256)) print(#("x"):rep(1000))
print(("x"):sub(1, 1e10), ("abc"):sub(0), ("abc"):byte(10)) print(pcall(string.rep, "x", 1e10))
print(string.format("%5s|%-5s|%.2s", "a", "b", "cde"), string.format("%c%c", 72, 105), string.format("%i", 3.99))
print(pcall(string.format, "%d")) print(tostring(12):len(), ("%d"):format(7)) print(getmetatable("").__index == string, getmetatable("").__add)
