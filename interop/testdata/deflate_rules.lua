-- Answers to the offer of permessage-deflate, and frames after them, that a server may not send, and some that it may.

local check = dofile("lib/check.lua")

local function escape(text)
  return (text:gsub("[^%w-]", function(c) return string.format("%%%02X", c:byte()) end))
end

local DEFLATE = "permessage-deflate"
local CLOSE = "880203e8"

-- answers wants the handshake to fail, or onClose if fails is false.
local function answers(compression, fields, fails)
  local query = {}
  for i, field in ipairs(fields) do query[i] = "extensions=" .. escape(field) end
  check.connect("/?hex=" .. CLOSE .. "&" .. table.concat(query, "&"), {
    ended = function(e)
      if not fails then
        check.equal(e.info.extensions, table.concat(fields, ", "), "info.extensions")
        return check.closes(1000, "", true)(e)
      end
      check.fails("Extension negotiation failed", {category = "handshake", phase = "handshake", retryable = false, closeCode = 1006})(e)
      check.equal(e.opened, false, "opened")
    end,
  }, {compression = compression})
end

local function refused(compression, ...) answers(compression, {...}, true) end
local function accepted(compression, ...) answers(compression, {...}, false) end

refused(nil, DEFLATE)
refused(false, DEFLATE .. "; server_no_context_takeover")
refused(true, "permessage-bzip2")
refused(true, DEFLATE .. ", permessage-bzip2")
refused(true, DEFLATE, DEFLATE)
refused(true, DEFLATE .. "; unknown_parameter")
refused(true, DEFLATE .. "; server_no_context_takeover; server_no_context_takeover")
refused(true, DEFLATE .. "; server_no_context_takeover=1")
refused(true, DEFLATE .. "; server_max_window_bits")
refused(true, DEFLATE .. "; server_max_window_bits=7")
refused(true, DEFLATE .. "; server_max_window_bits=16")
refused(true, DEFLATE .. "; server_max_window_bits=010")
refused(true, DEFLATE .. "; server_max_window_bits=ten")
refused({}, DEFLATE .. "; client_max_window_bits=10") -- not offered
refused({client_max_window_bits = true}, DEFLATE .. "; client_max_window_bits")
refused({client_max_window_bits = 10}, DEFLATE .. "; client_max_window_bits=11")
refused({server_max_window_bits = 10}, DEFLATE .. "; server_max_window_bits=11")
refused({server_max_window_bits = 10}, DEFLATE)
refused({server_no_context_takeover = true}, DEFLATE)

accepted(true, DEFLATE .. "; server_max_window_bits=8")
accepted(true, DEFLATE .. "; client_max_window_bits=10")
accepted(true, DEFLATE .. '; server_max_window_bits="10"')
accepted(true, DEFLATE .. " ;client_no_context_takeover ; server_no_context_takeover")
accepted({client_no_context_takeover = true}, DEFLATE) -- a hint, which need not be repeated
accepted({client_max_window_bits = 10}, DEFLATE)
accepted({client_max_window_bits = 12}, DEFLATE .. "; client_max_window_bits=8")

-- after sends frames under an agreement.
local function after(extensions, hex, ended)
  check.connect("/?extensions=" .. escape(extensions) .. "&hex=" .. hex:gsub(" ", ""), {ended = ended}, {compression = true, maxMessage = 2 ^ 20})
end

local function reads(hex, ...)
  local want = table.concat({...}, "|")
  after(DEFLATE, hex .. CLOSE, check.all(check.closes(1000, "", true), function(e)
    check.equal(table.concat(e.messages, "|"), want, "messages of " .. hex)
  end))
end

-- The examples of RFC 7692 §7.2.3.
local HELLO = "c1 07 f2 48 cd c9 c9 07 00"
reads(HELLO, "Hello")
reads("41 03 f2 48 cd 80 04 c9 c9 07 00", "Hello")
reads(HELLO .. "c1 05 f2 00 11 00 00", "Hello", "Hello")                   -- the second one refers to the first
reads("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello")                   -- a block without compression
reads("c1 08 f3 48 cd c9 c9 07 00 00", "Hello")                            -- a block with BFINAL
reads("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello")             -- two blocks
reads("c1 01 00" .. HELLO, "", "Hello")                                    -- the empty message
reads("81 05 48 65 6c 6c 6f" .. HELLO .. "81 00", "Hello", "Hello", "")    -- some not compressed
reads("41 03 f2 48 cd 89 00 00 00 80 04 c9 c9 07 00", "Hello")             -- a ping and an empty fragment in between

local function breaks(hex, message, closeCode, category, extensions)
  after(extensions or DEFLATE, hex, check.fails(message, {category = category, phase = "open", closeCode = closeCode, retryable = false}))
end

local zlib = "A zlib function returned an error"
breaks("c1 02 ff ff", zlib, 1007, "deflate")                                      -- no such block
breaks("c1 05 f2 00 11 00 00", zlib, 1007, "deflate")                             -- refers to before the beginning
breaks(HELLO .. "c1 05 f2 00 11 00 00", zlib, 1007, "deflate", DEFLATE .. "; server_no_context_takeover")
breaks("c1 06 00 10 00 ef ff 48", zlib, 1007, "deflate")                          -- ends in the middle of a block
breaks("01 01 41 c0 07 f2 48 cd c9 c9 07 00", "Invalid use of reserved bits", 1002, "protocol")
breaks("c9 00", "Invalid use of reserved bits", 1002, "protocol")                 -- a compressed ping
breaks("a1 00", "Invalid use of reserved bits", 1002, "protocol")                 -- RSV2 is nobody's
breaks("c1 04 3a ac 01 00", "Invalid UTF8 encoding", 1007, "utf8")
