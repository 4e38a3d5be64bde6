-- A certificate that nobody vouches for.

local check = dofile("lib/check.lua")

check.connect("/echo", {
  ended = check.all(
    check.fails("TLS handshake failed", {category = "tls", phase = "tls", retryable = false, closeCode = 1006}),
    function(e)
      check.equal(e.opened, false, "opened")
      if not e.info.tls.error:find("certificate") then check.fail("info.tls.error: " .. e.info.tls.error) end
    end),
})
