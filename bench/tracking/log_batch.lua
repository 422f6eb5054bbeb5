-- A batch of 1000 points a request: 10 metrics, 100 steps each. Each thread is one client with a run of its own; the steps
-- go on from batch to batch. args: the first batch, then the ids of the runs, one for each thread.
local next_thread = 0
function setup(thread)
  thread:set("number", next_thread)
  next_thread = next_thread + 1
end

local head, template, batch = nil, nil, 0

function init(args)
  batch = tonumber(args[1]) - 1
  head = '{"run_id":"' .. args[number + 2] .. '","metrics":['
  local points = {}
  for metric = 0, 9 do
    for step = 0, 99 do
      -- `@` becomes the number of the batch, so that a body is made by one replacement.
      points[#points + 1] = string.format(
        '{"key":"m%d","value":%.6f,"timestamp":17000@%02d,"step":@%02d}', metric, math.sin(step + metric), step, step)
    end
  end
  template = table.concat(points, ",")
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
end

function request()
  batch = batch + 1
  return wrk.format(nil, nil, nil, head .. string.gsub(template, "@", tostring(batch)) .. "]}")
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
