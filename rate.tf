# Everything that follows from Rekognition's quota, in one place. The quota is the account's, so all instances together
# must stay below it. Each invocation paces itself to its own share, and event source and Map limit how many run at
# once.
locals {
  rekognition_tps = coalesce(var.rekognition_tps, local.default_rekognition_tps)

  # Comparisons that one direct request has in progress at once. A call takes about 0.3 s. So 0.3 times the quota starts
  # as many calls per second as the quota allows; with more, a single request would be throttled. But at least 5: with
  # fewer, a request with several images would take long. (If some calls are then throttled, they are retried.) And at
  # most 50, the limit of the input.
  concurrency = coalesce(var.comparison.concurrency, max(5, min(50, floor(local.rekognition_tps * 3 / 10))))

  # What one instance can do. An upload costs 6 to 7.5 ms of CPU (benchmarks/README.md), so 30 uploads take at most
  # 225 ms a second. Lambda gives 1,769 MB one vCPU, and so 512 MB 289 ms a second. With less memory, the CPU shrinks in
  # proportion, and with it the rate. More memory does not count: an instance then waits for Rekognition, not for CPU.
  instance_calls_per_second = 30 * min(1, var.function.memory_size / 512)

  # 2 is the lowest maximum_concurrency that an event source accepts.
  instances = max(2, ceil(local.rekognition_tps / local.instance_calls_per_second))

  # 98 % of the quota, divided by the instances. The rest is for clocks that differ, and for an invocation that ends
  # while the next one begins. Rounded down to three decimals.
  calls_per_second = floor(980 * local.rekognition_tps / local.instances) / 1000

  # Enough comparisons in progress to start that many per second if each takes up to 1.5 s, and one more in preparation.
  workers = ceil(local.calls_per_second * 1.5) + 1

  # A batch is paced to end within 40 % of the function's timeout. The rest is for slow answers and for retries after a
  # throttled second: a batch that runs into the timeout is processed again as a whole.
  calls_per_batch = floor(local.calls_per_second * var.function.timeout * 4 / 10)

  # An upload costs one call per reference image. An event source delivers at most 1000 messages.
  references_per_subject = local.has_uploads ? var.on_upload.references_per_subject : 1
  uploads_per_batch      = max(1, min(1000, floor(local.calls_per_batch / local.references_per_subject)))

  # A pair costs one call per source; modules/batch divides by the number of sources. Step Functions accepts an answer
  # of 256 KiB: about 1.3 KB for each of 200 pairs.
  pairs_per_batch = max(1, min(200, local.calls_per_batch))

  # Lambda gives more than 10 messages per batch only to an event source that waits for a second.
  batching_window = local.uploads_per_batch > 10 ? 1 : 0

  # AWS advises this. With a shorter time, an image would be delivered again while it is compared. With a longer time,
  # the images of an instance that was killed would wait without need.
  visibility_timeout = 6 * var.function.timeout + local.batching_window
}
