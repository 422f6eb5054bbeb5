-- Sends bodies again and again: wrk … URL -- FILE CONTENT_TYPE [lines], where FILE is one body, or has one on each line.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  local all = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["content-type"] = args[2]
  if args[3] ~= "lines" then
    wrk.body = all
    return
  end
  local requests = {}
  for line in all:gmatch("[^\n]+") do requests[#requests + 1] = wrk.format(nil, nil, nil, line) end
  local at = 0
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests_per_s": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
