locals {
  max_concurrency = coalesce(var.max_concurrency, var.face_compare.rate.instances)

  # The calls that an invocation has time for, shared out to pairs that cost several.
  pairs_per_batch = max(1, min(var.face_compare.rate.pairs_per_batch, floor(var.face_compare.rate.calls_per_batch / var.sources)))

  # One Map for each form of a manifest, as Step Functions takes the form from the definition and not
  # from the input. The keys are the endings, and the labels stand in the children's names.
  formats = {
    csv = {
      label  = "Csv"
      state  = "Compare pairs of a CSV file"
      reader = { InputType = "CSV", CSVHeaderLocation = "FIRST_ROW" }
    }
    jsonl = {
      label  = "JsonLines"
      state  = "Compare pairs of JSON Lines"
      reader = { InputType = "JSONL" }
    }
  }

  # Passing faults, by the names of the payload, of Lambda and of Step Functions. Whatever else fails
  # would fail again.
  retried = [
    "OutOfTimeError",
    "ServiceUnavailableError",
    "ThrottledError",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
  ]

  # What becomes of one batch.
  processor = {
    # Standard, not Express: a batch is begun once, may take longer than 5 minutes with its retries,
    # and its history can be read. It costs $25 for a million transitions, two or three a batch.
    ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
    StartAt         = "Compare"
    States = {
      Compare = {
        Type     = "Task"
        Resource = "arn:${local.partition}:states:::lambda:invoke"
        Parameters = {
          FunctionName = var.face_compare.function_arn
          Payload      = { "pairs.$" = "$" }
        }
        # The list of decisions alone: ResultWriter makes a line of each.
        OutputPath = "$.Payload.results"
        Retry = [
          {
            ErrorEquals     = local.retried
            IntervalSeconds = 2
            BackoffRate     = 2
            MaxAttempts     = 8
            MaxDelaySeconds = 120
            # Else the batches that one throttled second threw back would come back together.
            JitterStrategy = "FULL"
          },
        ]
        # An answer that got lost must not hold its place for ever.
        TimeoutSeconds = var.face_compare.rate.function_timeout + 30
        End            = true
      }
    }
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
        # 64 KiB. Long keys make smaller batches then, in place of an answer over the 256 KiB that
        # Step Functions takes. An entry is longest for a photo that may not be read, whose key stands
        # in it twice: reckoned over every length of key, a batch of them comes to 217 KiB at most.
        MaxInputBytesPerBatch = 65536
        # So that the function tells this run's unfinished batches from another's of the same pairs.
        BatchInput = { "execution.$" = "$$.Execution.Id" }
      }
      ItemProcessor = local.processor
      ResultWriter = {
        Resource = "arn:${local.partition}:states:::s3:putObject"
        Parameters = {
          Bucket     = var.face_compare.bucket_name
          "Prefix.$" = "States.Format('${local.results_prefix}{}', $$.Execution.Name)"
        }
        # A line a pair; of a batch that failed, its input and its error.
        WriterConfig = { OutputType = "JSONL", Transformation = "FLATTEN" }
      }
      End = true
    }
  }

  definition = {
    Comment = "Compares the pairs of faces that a manifest in S3 lists."
    StartAt = "Look at the manifest's name"
    States = merge(local.maps, {
      "Look at the manifest's name" = {
        Type = "Choice"
        Choices = [
          for ending, format in local.formats : {
            And = [
              { Variable = "$.manifest", IsPresent = true },
              { Variable = "$.manifest", StringMatches = "${var.face_compare.prefixes.manifests}*.${ending}" },
            ]
            Next = format.state
          }
        ]
        Default = "Refuse"
      }
      Refuse = {
        Type  = "Fail"
        Error = "InvalidManifestError"
        Cause = "The input must be {\"manifest\": KEY}, where KEY begins with ${var.face_compare.prefixes.manifests} and ends in ${join(" or ", [for ending in keys(local.formats) : ".${ending}"])}."
      }
    })
  }
}

resource "aws_sfn_state_machine" "batch" {
  #checkov:skip=CKV_AWS_284:A trace of a Distributed Map ends where its child executions begin; the function's records and the Map Run's counts say more.
  #checkov:skip=CKV_AWS_285:Execution data would put every pair of keys, and who is on which photo, into a second log. Errors are logged; inputs and results are in the bucket, where they expire.
  name       = local.name
  definition = jsonencode(local.definition)
  role_arn   = aws_iam_role.batch.arn
  tags       = var.tags
  # A Distributed Map needs it.
  type = "STANDARD"

  logging_configuration {
    # Keys and scores stay out of it: the function's log group has them, once.
    include_execution_data = false
    level                  = var.logs.level
    log_destination        = "${aws_cloudwatch_log_group.batch.arn}:*"
  }

  # Step Functions looks whether the role may deliver logs, and refuses the state machine otherwise;
  # and a run started at once must find all rights there.
  depends_on = [aws_iam_role_policy.batch, aws_iam_role_policy.function]

  lifecycle {
    precondition {
      condition     = local.max_concurrency <= var.face_compare.rate.instances
      error_message = "max_concurrency is ${local.max_concurrency}, but ${var.face_compare.rate.instances} batches at once use the whole quota of rekognition_tps = ${var.face_compare.rate.rekognition_tps}: with more, Rekognition would refuse calls. Lower it to ${var.face_compare.rate.instances}, or give the root module the quota that the account really has."
    }

    precondition {
      condition     = var.sources <= var.face_compare.rate.calls_per_batch
      error_message = "One pair with its ${var.sources} source photos takes ${var.sources} calls, but an invocation of the function has time for ${var.face_compare.rate.calls_per_batch}. Raise the root module's function.timeout to ${ceil(var.sources * 10 / 4 / var.face_compare.rate.calls_per_second)} (at most 900), or give fewer sources a pair."
    }

    precondition {
      condition     = var.face_compare.rate.reserved_concurrency == null ? true : var.face_compare.rate.reserved_concurrency >= local.max_concurrency
      error_message = "The function's reserved_concurrency is ${coalesce(var.face_compare.rate.reserved_concurrency, 0)}, but ${local.max_concurrency} batches are to run at once. Raise it to ${local.max_concurrency} or more, leave it out, or give max_concurrency."
    }
  }
}
