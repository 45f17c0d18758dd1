locals {
  max_concurrency = coalesce(var.max_concurrency, var.face_compare.rate.instances)

  # The calls that an invocation has time for, divided by what a pair costs.
  pairs_in_time   = floor(var.face_compare.rate.calls_per_batch / var.sources_per_pair)
  pairs_per_batch = max(1, min(var.face_compare.rate.pairs_per_batch, local.pairs_in_time))

  # One Map per format of a manifest, because Step Functions reads the format from the definition, not from the input.
  # The keys are file endings, and the labels become part of the names of child executions. State names must be unique
  # in the whole machine, and so in both Maps together.
  formats = {
    csv = {
      label       = "Csv"
      check_state = "Look at the header of a CSV file"
      state       = "Compare pairs of a CSV file"
      batch_state = "Compare a batch of CSV"
      reader      = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }
    }
    jsonl = {
      label       = "JsonLines"
      check_state = "Look at the first line of JSON Lines"
      state       = "Compare pairs of JSON Lines"
      batch_state = "Compare a batch of JSON Lines"
      reader      = { InputType = "JSONL" }
    }
  }

  # Transient errors, by the names of the payload, of Lambda and of Step Functions. Other errors would happen again.
  retried = [
    "OutOfTimeError",
    "ServiceUnavailableError",
    "ThrottledError",
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    # A function in a VPC. After 14 days without a call, its first one fails with ResourceNotReadyException.
    "Lambda.EC2ThrottledException",
    "Lambda.EC2UnexpectedException",
    "Lambda.ENINotReadyException",
    "Lambda.ResourceNotReadyException",
    "Lambda.SubnetIPAddressLimitReachedException",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
  ]

  # What all calls of the function have in common.
  call = {
    Type     = "Task"
    Resource = "arn:${local.partition}:states:::lambda:invoke"
    Retry = [
      {
        ErrorEquals     = local.retried
        IntervalSeconds = 2
        BackoffRate     = 2
        MaxAttempts     = 8
        MaxDelaySeconds = 120
        # Without it, batches that fail in the same second would be retried at the same time.
        JitterStrategy = "FULL"
      },
    ]
    # If an answer is lost, the batch must not wait forever.
    TimeoutSeconds = var.face_compare.rate.function_timeout + 30
  }

  compare_batch = merge(local.call, {
    Parameters = {
      FunctionName = var.face_compare.function_arn
      Payload      = { "pairs.$" = "$" }
    }
    # Only the list of decisions: ResultWriter writes one line for each.
    OutputPath = "$.Payload.results"
    End        = true
  })

  # Before a Map: with a wrong header, each pair would fail in its own execution.
  checks = {
    for ending, format in local.formats : format.check_state => merge(local.call, {
      Parameters = {
        FunctionName = var.face_compare.function_arn
        Payload      = { "manifest.$" = "$.manifest" }
      }
      # The Map needs the input.
      ResultPath = null
      Next       = format.state
    })
  }

  maps = {
    for ending, format in local.formats : format.state => {
      Type                       = "Map"
      Label                      = format.label
      MaxConcurrency             = local.max_concurrency
      ToleratedFailurePercentage = var.tolerated_failure_percentage
      ItemReader = {
        Resource     = "arn:${local.partition}:states:::s3:getObject"
        ReaderConfig = format.reader
        Parameters = {
          Bucket  = var.face_compare.bucket_name
          "Key.$" = "$.manifest"
        }
      }
      ItemBatcher = {
        MaxItemsPerBatch = local.pairs_per_batch
        # 64 KiB. Long keys then make smaller batches, not an answer above the 256 KiB that Step Functions accepts. The
        # longest entry is that of an image that the role is not allowed to read: it has the key twice. For any length
        # of the keys, a batch of such entries has at most 217 KiB.
        MaxInputBytesPerBatch = 65536
        # With the run, the function distinguishes this batch from a batch of another run with the same pairs. With the
        # format, it knows whether every value is a text.
        BatchInput = { "execution.$" = "$$.Execution.Id", format = format.reader.InputType }
      }
      ItemProcessor = {
        # Standard, not Express: each batch starts once, may take longer than 5 minutes with its retries, and leaves a
        # history. It costs $25 per million transitions; a batch has two or three.
        ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
        StartAt         = format.batch_state
        States          = { (format.batch_state) = local.compare_batch }
      }
      ResultWriter = {
        Resource = "arn:${local.partition}:states:::s3:putObject"
        Parameters = {
          Bucket     = var.face_compare.bucket_name
          "Prefix.$" = "States.Format('${local.results_prefix}{}', $$.Execution.Name)"
        }
        # One line per pair; for a batch that failed, its input and its error.
        WriterConfig = { OutputType = "JSONL", Transformation = "FLATTEN" }
      }
      End = true
    }
  }

  choice = {
    Type = "Choice"
    Choices = [
      for ending, format in local.formats : {
        And = [
          { Variable = "$.manifest", IsPresent = true },
          { Variable = "$.manifest", StringMatches = "${var.face_compare.prefixes.manifests}*.${ending}" },
        ]
        Next = format.check_state
      }
    ]
    Default = "Refuse"
  }

  refusal = {
    Type  = "Fail"
    Error = "InvalidManifestError"
    Cause = join(" ", [
      "The input must be {\"manifest\": KEY}, where KEY begins with ${var.face_compare.prefixes.manifests}",
      "and ends in ${join(" or ", [for ending in keys(local.formats) : ".${ending}"])}.",
    ])
  }

  definition = {
    Comment = "Compares the pairs of faces that a manifest in S3 lists."
    StartAt = "Look at the manifest's name"
    States = merge(local.checks, local.maps, {
      "Look at the manifest's name" = local.choice
      Refuse                        = local.refusal
    })
  }
}

# Why the scanners' advice is not followed:
# - A trace of a Distributed Map ends where its child executions begin. The function's records and the counts of the
#   Map Run say more.
# - Execution data would put every pair of keys, and who is on which image, into a second log. Errors are logged.
#   Inputs and results are in the bucket, where they expire.
resource "aws_sfn_state_machine" "batch" {
  #checkov:skip=CKV_AWS_284:A trace ends where the child executions begin; the function's records say more.
  #checkov:skip=CKV_AWS_285:Execution data would put who is on which image into a second log.
  region     = var.face_compare.region
  name       = local.name
  definition = jsonencode(local.definition)
  role_arn   = aws_iam_role.batch.arn
  tags       = var.tags
  # A Distributed Map needs it.
  type = "STANDARD"

  logging_configuration {
    # Without keys and scores: the function's log group has them, once.
    include_execution_data = false
    level                  = var.log_level
    log_destination        = "${aws_cloudwatch_log_group.batch.arn}:*"
  }

  lifecycle {
    precondition {
      condition     = local.max_concurrency <= var.face_compare.rate.instances
      error_message = <<-EOT
        max_concurrency is ${local.max_concurrency}, but ${var.face_compare.rate.instances} batches at once use the
        whole quota of rekognition_tps = ${var.face_compare.rate.rekognition_tps}: with more, Rekognition would
        throttle calls. Lower it to ${var.face_compare.rate.instances}, or give the root module the quota that
        the account has.
      EOT
    }

    precondition {
      condition     = var.sources_per_pair <= var.face_compare.rate.calls_per_batch
      error_message = <<-EOT
        sources_per_pair is ${var.sources_per_pair}: one pair needs this many calls. But an
        invocation of the function has time for ${var.face_compare.rate.calls_per_batch}. Raise the root module's
        function.timeout to ${ceil(var.sources_per_pair * 10 / 4 / var.face_compare.rate.calls_per_second)} (at most
        900), or give fewer sources per pair.
      EOT
    }

    precondition {
      condition = var.face_compare.rate.reserved_concurrency == null ? true : (
        var.face_compare.rate.reserved_concurrency >= local.max_concurrency
      )
      error_message = <<-EOT
        The root module's function.reserved_concurrency is
        ${coalesce(var.face_compare.rate.reserved_concurrency, "null")}, but ${local.max_concurrency} batches are to run
        at once. Raise it to ${local.max_concurrency} or more, leave it out, or lower
        max_concurrency.
      EOT
    }
  }

  # Step Functions checks whether the role is allowed to deliver logs, and refuses the state machine otherwise. And a
  # run that is started at once needs all its permissions.
  depends_on = [aws_iam_role_policy.batch, aws_iam_role_policy.function]
}
