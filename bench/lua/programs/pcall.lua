-- pcall in a loop: functions that return, functions that raise strings and tables, nested handlers.
local n = tonumber((...) or 600000)

local function divide(a, b)
  if b == 0 then error("division by zero") end
  return a / b
end

local function raiseTable(code)
  error({code = code})
end

local failures, sum, codes = 0, 0, 0
for i = 1, n do
  local ok, result = pcall(divide, i, i % 4)
  if ok then
    sum = sum + result
  else
    failures = failures + #result:match("division by zero$")
  end
  if i % 8 == 0 then
    local _, problem = pcall(raiseTable, i)
    codes = (codes + problem.code) % 1000003
  end
  if i % 16 == 0 then
    local _, inner, problem = pcall(pcall, raiseTable, i)
    assert(inner == false and problem.code == i)
  end
end
local _, handled = xpcall(function() local t = nil return t.x end, function(problem) return "handled: " .. #problem end)
print(failures, string.format("%.3f", sum), codes, type(handled))
