# Everything that follows from rekognition_tps, in one place. The quota is the account's, so all
# instances together have to keep below it: each invocation keeps its own share by pacing itself,
# and event source and Map hold the number of invocations down.
locals {
  # What one instance sustains with 512 MB; with less, CPU and with it the rate shrink in proportion.
  # More memory is not counted on: what an instance then waits for is Rekognition, not its CPU.
  calls_per_second_of_instance = 20 * min(1, var.function.memory_size / 512)

  # 2 is the lowest maximum_concurrency that an event source takes.
  instances = max(2, ceil(var.rekognition_tps / local.calls_per_second_of_instance))

  # 98 % of the quota, shared out: the rest is for clocks that differ and for a pace that is kept by
  # invocations of which one ends while the next begins. Rounded down to what a variable can carry.
  calls_per_second = floor(980 * var.rekognition_tps / local.instances) / 1000

  # As many comparisons under way as it takes to start that many a second while each takes up to
  # 1.5 s, and one that is being prepared.
  workers = ceil(local.calls_per_second * 1.5) + 1

  # A batch is paced to end within 40 % of the function's timeout. The rest is for slow answers and
  # for the retries of a throttled second; a batch that runs into the timeout is done again whole.
  calls_per_batch = floor(local.calls_per_second * var.function.timeout * 4 / 10)

  # An upload costs a call for each reference photo. 1000 is what an event source hands over at most.
  uploads_per_batch = max(1, min(1000, floor(local.calls_per_batch / try(var.on_upload.references, 1))))

  # A pair costs a call for each of its sources; modules/batch knows of how many. Step Functions takes
  # 256 KiB of answer: about 1.3 KB for each of 200.
  pairs_per_batch = max(1, min(200, local.calls_per_batch))

  # More than 10 messages a batch is only to be had for a second of waiting.
  batching_window = local.uploads_per_batch > 10 ? 1 : 0

  # What AWS advises. Shorter, and a photo would be handed out again while it is being compared;
  # longer, and those of an instance that was killed would wait without need.
  visibility_timeout = 6 * var.function.timeout + local.batching_window
}
