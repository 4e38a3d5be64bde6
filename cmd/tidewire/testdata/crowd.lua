-- Holds so many MiB of strings, then connects to each kind of server in turn. It counts the
-- events, is busy for a second once no connection is on its way to open, and shows the
-- counts a second later.
local base, connections, held, sends = ...
local kept = {}
for i = 1, tonumber(held) do kept[i] = ("x"):rep(2^20 - 16) .. i end
local kinds, counts, coming = {select(5, ...)}, {}, tonumber(connections)
local function count(what) counts[what] = (counts[what] or 0) + 1 end
local function show()
	for what, n in pairs(counts) do print(n .. " " .. what) end
	print "shown"
end
local function settle()
	coming = coming - 1
	if coming > 0 then return end
	local stop = utility.GetTickCount() + 1000
	while utility.GetTickCount() < stop do end
	host.After(1000, show)
end
for i = 1, tonumber(connections) do
	local kind, opened, id = kinds[i % #kinds + 1], false, nil
	id = websocket.Connect(base .. kind, {
		onOpen = function()
			opened = true
			count "open"
			for i = 1, kind == "mute" and tonumber(sends) or 0 do websocket.Send(id, ("y"):rep(4000) .. i) end
			settle()
		end,
		onMessage = function() count "message" end,
		onError = function(message, info)
			count(info.category .. ": " .. message)
			if not opened then settle() end
		end,
	}, {timeout = 60})
end
