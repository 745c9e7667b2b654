-- What wrk sends: one route, with or without the cookies of the visitors.
--
-- Arguments, after `--`:
--   1  what to send: `read`, `write`, `mixed` (four reads, then a write), or a method such as GET
--   2  the path
--   3  the file with the cookies, one a line, or `-` for none
--   4  how many threads there are: each takes a share of the visitors of its own and goes round
--      in it, so that no visitor has two requests under way
--   5  milliseconds that a connection waits before its next request

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local requests = {}
local at = 0
local pause = 0

-- What a browser behind a proxy sends.
local function headers(method, cookie)
    local set = {
        ["X-Forwarded-For"] = "192.0.2.7",
        ["X-Forwarded-Proto"] = "https",
        ["Accept"] = "*/*",
    }
    if method == "POST" then
        set["Sec-Fetch-Site"] = "same-origin"
        set["Content-Length"] = "0"
    end
    if cookie then
        set["Cookie"] = cookie
    end
    return set
end

local function methods(what)
    if what == "read" then
        return { "GET" }
    elseif what == "write" then
        return { "POST" }
    elseif what == "mixed" then
        return { "GET", "GET", "GET", "GET", "POST" }
    end
    return { what }
end

function init(args)
    local path, file, share = args[2], args[3], tonumber(args[4])
    pause = tonumber(args[5])
    local turns = methods(args[1])
    if pause > 0 then
        -- Only where it is wanted: wrk sets a timer for each request where there is a `delay`.
        function delay()
            return pause
        end
    end
    if file == "-" then
        -- wrk sends one request all the time unless there is a function `request`.
        wrk.method, wrk.path = turns[1], path
        for name, value in pairs(headers(turns[1], nil)) do
            wrk.headers[name] = value
        end
        return
    end
    local line = 0
    for cookie in io.lines(file) do
        if line % share == number then
            local method = turns[#requests % #turns + 1]
            requests[#requests + 1] = wrk.format(method, path, headers(method, cookie))
        end
        line = line + 1
    end
    function request()
        at = at % #requests + 1
        return requests[at]
    end
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d,'
            .. '"failed":%d,"broken":%d}\n',
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
