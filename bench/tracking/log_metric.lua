-- One metric a request. Each thread is one client with a run of its own; the step grows with each request.
-- arg: the ids of the runs, one for each thread.
local next_thread = 0
function setup(thread)
  thread:set("number", next_thread)
  next_thread = next_thread + 1
end

local run, step = nil, 0

function init(args)
  run = args[number + 1]
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
end

function request()
  step = step + 1
  local body = string.format(
    '{"run_id":"%s","key":"loss","value":%.6f,"timestamp":%d,"step":%d}', run, 1 / step, 1700000000000 + step, step)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
