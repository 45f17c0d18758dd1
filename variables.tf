variable "allow_unlisted_region" {
  type        = bool
  description = "Whether to allow a region, or a function URL in a region, that this version does not list."
  default     = false
  nullable    = false
}

# `existing` is an object with one attribute, because the name may be unknown at plan and count must not depend on it.
# For `expiry_days` and `force_destroy` null means not set, so that they can be refused beside `existing`. The defaults
# are in bucket.tf.
variable "bucket" {
  type = object({
    existing = optional(object({
      name = string
    }))
    expiry_days = optional(object({
      challenge         = optional(number)
      incomplete_upload = optional(number)
      manifests         = optional(number)
      noncurrent        = optional(number)
      reference         = optional(number)
      results           = optional(number)
    }))
    force_destroy = optional(bool)
    prefixes = optional(object({
      challenge = optional(string, "challenge/")
      manifests = optional(string, "manifests/")
      reference = optional(string, "reference/")
      results   = optional(string, "results/")
    }), {})
  })
  description = <<-EOT
    The bucket with images, lists of pairs and results.
    - `existing.name`: a bucket to use instead of creating one. Its settings are not changed.
    - `expiry_days`: days until S3 removes what is in the module's own bucket. Defaults: `challenge` 30,
      `incomplete_upload` 7, `manifests` 30, `noncurrent` 30, `reference` null (never), `results` 90.
    - `force_destroy`: whether `destroy` deletes the module's own bucket with all images in it. Default: false.
    - `prefixes`: where in the bucket things are. Defaults: `challenge/`, `manifests/`, `reference/`, `results/`.
  EOT
  default     = {}
  nullable    = false

  validation {
    # S3 answers to the alias of an access point as to a bucket. But permissions and notifications need the bucket's own
    # name. S3 reserves these endings for aliases and for other kinds of buckets.
    condition = var.bucket.existing == null ? true : (
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket.existing.name)) &&
      !can(regex("(-s3alias|--ol-s3|--table-s3|--x-s3|[.]mrap)$", var.bucket.existing.name))
    )
    error_message = <<-EOT
      bucket.existing.name is ${jsonencode(try(var.bucket.existing.name, null))}, but must be the name of a general
      purpose S3 bucket (3 to 63 lowercase letters, digits, dots and hyphens), not
      an ARN, a URL, an access point or its alias, or a bucket of another kind.
    EOT
  }

  validation {
    condition = var.bucket.existing == null ? true : (
      var.bucket.expiry_days == null && var.bucket.force_destroy == null
    )
    error_message = <<-EOT
      ${join(" and ", [for name in ["expiry_days", "force_destroy"] : "bucket.${name}" if var.bucket[name] != null])}
      cannot be set together with bucket.existing, because the module does not
      change a bucket that it does not own. Remove it here, and configure it where
      that bucket is defined.
    EOT
  }

  validation {
    condition = var.bucket.expiry_days == null ? true : alltrue([
      for days in values(var.bucket.expiry_days) : days == null ? true : days >= 1 && floor(days) == days
    ])
    error_message = <<-EOT
      Every value of bucket.expiry_days must be a whole number of days, 1 or more.
      Given: ${try(jsonencode({ for name, days in var.bucket.expiry_days : name => days if days != null }), "")}.
    EOT
  }

  validation {
    # "*", "?" and "$" would be patterns in the role's policy, quotes would break invoke_command, and S3
    # requires "=" and others encoded in the filter of a notification. The role's policies name the prefixes up to
    # fifteen times, and IAM accepts 10,240 characters for all inline policies of a role.
    condition = alltrue([
      for prefix in values(var.bucket.prefixes) :
      can(regex("^([A-Za-z0-9_][A-Za-z0-9_.!-]*/)+$", prefix)) && length(coalesce(prefix, "/")) <= 256
    ])
    error_message = <<-EOT
      Every value of bucket.prefixes must end in "/", must not start with "/", and
      may hold letters, digits and _ . ! - between single slashes, such as
      "images/reference/". Each part begins with a letter, a digit or "_". The
      longest prefix has 256 characters. Given: ${jsonencode(var.bucket.prefixes)}.
    EOT
  }

  validation {
    # A prefix without "/" at its end is refused above already.
    condition = alltrue([
      for pair in setproduct(keys(var.bucket.prefixes), keys(var.bucket.prefixes)) :
      pair[0] == pair[1] || !endswith(var.bucket.prefixes[pair[0]], "/") ||
      !startswith(var.bucket.prefixes[pair[1]], var.bucket.prefixes[pair[0]])
    ])
    error_message = <<-EOT
      bucket.prefixes must be different, and none can start with another. Otherwise
      expiry rules and read permissions of one would also apply to the other.
      Given: ${jsonencode(var.bucket.prefixes)}.
    EOT
  }
}

variable "comparison" {
  type = object({
    # Null is derived from the quota, in rate.tf.
    concurrency          = optional(number)
    explain              = optional(bool, false)
    quality_filter       = optional(string, "NONE")
    require_single_face  = optional(bool, false)
    review_threshold     = optional(number)
    similarity_threshold = optional(number, 80)
  })
  description = <<-EOT
    How the function compares and decides. An event can make the rule stricter, never weaker.
    - `concurrency`: comparisons that one direct request runs at once. Default: derived from the quota.
    - `explain`: whether answers say why a face may not have matched. Default: false.
    - `quality_filter`: how bad faces are left out: `NONE`, `AUTO`, `LOW`, `MEDIUM` or `HIGH`. Default: `NONE`.
    - `require_single_face`: whether an image with several faces is refused. Default: false.
    - `review_threshold`: lowest similarity that a person reviews. Default: null (no review band).
    - `similarity_threshold`: lowest similarity that is a match, 0 to 100. Default: 80.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = var.comparison.concurrency == null ? true : contains(range(1, 51), var.comparison.concurrency)
    error_message = <<-EOT
      comparison.concurrency is ${coalesce(var.comparison.concurrency, "null")}; give a whole number from 1 to 50, or
      leave it out to derive it from rekognition_tps.
    EOT
  }

  validation {
    condition     = contains(["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"], var.comparison.quality_filter)
    error_message = <<-EOT
      comparison.quality_filter is "${var.comparison.quality_filter}"; give "NONE", "AUTO", "LOW", "MEDIUM" or "HIGH".
    EOT
  }

  validation {
    condition = alltrue([
      for threshold in [var.comparison.similarity_threshold, var.comparison.review_threshold] :
      threshold == null ? true : threshold >= 0 && threshold <= 100
    ])
    error_message = <<-EOT
      comparison.similarity_threshold is ${var.comparison.similarity_threshold} and comparison.review_threshold
      is ${coalesce(var.comparison.review_threshold, "null")}, but the scale is 0 to 100. The default of
      similarity_threshold is 80; use 99 for decisions that affect a person's
      rights.
    EOT
  }

  validation {
    condition = alltrue([
      for threshold in [var.comparison.similarity_threshold, var.comparison.review_threshold] :
      threshold == null ? true : threshold <= 0 || threshold > 1
    ])
    error_message = <<-EOT
      comparison.similarity_threshold is ${var.comparison.similarity_threshold} and comparison.review_threshold
      is ${coalesce(var.comparison.review_threshold, "null")}, but the scale is 0 to 100, not 0 to 1: nearly every pair
      of faces would match. Multiply the value by 100.
    EOT
  }

  validation {
    condition = var.comparison.review_threshold == null ? true : (
      var.comparison.review_threshold < var.comparison.similarity_threshold
    )
    error_message = <<-EOT
      comparison.review_threshold is ${coalesce(var.comparison.review_threshold, "null")}, but must be below
      comparison.similarity_threshold (${var.comparison.similarity_threshold}), or nothing would ever be decided
      "review". Lower it, or leave it out.
    EOT
  }
}

variable "function" {
  type = object({
    architecture = optional(string, "arm64")
    memory_size  = optional(number, 512)
    # An object with one attribute, because the ARN may be unknown at plan and count must not depend on it.
    on_failure = optional(object({
      destination_arn = string
    }))
    reserved_concurrency = optional(number)
    runtime              = optional(string, "python3.13")
    timeout              = optional(number, 30)
  })
  description = <<-EOT
    Settings of the Lambda function.
    - `architecture`: `arm64` or `x86_64`. Default: `arm64`.
    - `memory_size`: memory in MB, 128 to 10240. Default: 512.
    - `on_failure.destination_arn`: where asynchronous events go that failed on every attempt. Default: nowhere.
    - `reserved_concurrency`: instances that are reserved, and the most that run. Default: null (no reservation).
    - `runtime`: `python3.12` or later. Default: `python3.13`.
    - `timeout`: timeout in seconds, 15 to 900. Default: 30.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "function.architecture is \"${var.function.architecture}\"; give \"arm64\" or \"x86_64\"."
  }

  validation {
    condition = (
      var.function.memory_size >= 128 && var.function.memory_size <= 10240 &&
      floor(var.function.memory_size) == var.function.memory_size
    )
    error_message = "function.memory_size is ${var.function.memory_size}; give a whole number of MB from 128 to 10240."
  }

  validation {
    # No dot in the name of a queue or topic: only FIFO ones have it.
    condition = var.function.on_failure == null ? true : anytrue([
      for resource in [
        "(sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+",
        "events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+",
        "lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?",
      ] : can(regex("^arn:aws(-[a-z]+)*:${resource}$", var.function.on_failure.destination_arn))
    ])
    error_message = <<-EOT
      function.on_failure.destination_arn is
      ${jsonencode(try(var.function.on_failure.destination_arn, null))}; give the ARN of an SQS queue, an SNS topic
      (neither of them FIFO), an event bus or a Lambda function, such as
      arn:aws:sqs:eu-west-1:111122223333:failed-events. Lambda has no other
      destinations that this module can grant.
    EOT
  }

  validation {
    condition = var.function.reserved_concurrency == null ? true : (
      var.function.reserved_concurrency >= 1 &&
      floor(var.function.reserved_concurrency) == var.function.reserved_concurrency
    )
    error_message = <<-EOT
      function.reserved_concurrency is ${coalesce(var.function.reserved_concurrency, "null")}; give a whole number, 1 or
      more (0 would switch the function off), or leave it out to share the
      account's pool.
    EOT
  }

  validation {
    condition     = can(regex("^python3\\.(1[2-9]|[2-9][0-9])$", var.function.runtime))
    error_message = <<-EOT
      function.runtime is "${var.function.runtime}"; give "python3.12" or later, such as
      "python3.13". The payload needs it.
    EOT
  }

  validation {
    condition = (
      var.function.timeout >= 15 && var.function.timeout <= 900 && floor(var.function.timeout) == var.function.timeout
    )
    error_message = <<-EOT
      function.timeout is ${var.function.timeout}; give a whole number of seconds from 15 to 900
      (Lambda's limit). With less than 15, uploads and batches have no time for a
      call and its retry.
    EOT
  }
}

# The default of `allow_headers` is what clients that sign requests send. A "*" would not stand for "authorization".
variable "function_url" {
  type = object({
    cors = optional(object({
      allow_origins = list(string)
      allow_headers = optional(list(string), [
        "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "content-type",
        "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent",
      ])
      max_age_seconds = optional(number, 0)
    }))
  })
  description = <<-EOT
    An HTTPS address that answers signed requests (AWS_IAM) only; null: no address.
    - `cors.allow_origins`: origins whose pages may call the address from a browser. Without `cors`: none.
    - `cors.allow_headers`: headers that these pages may send. Default: those of signed requests.
    - `cors.max_age_seconds`: how long a browser keeps these rules. Default: 0.
  EOT
  default     = null
  nullable    = true

  validation {
    condition = var.function_url == null ? true : var.function_url.cors == null ? true : (
      contains(range(1, 101), length(coalesce(var.function_url.cors.allow_origins, []))) && alltrue([
        for origin in coalesce(var.function_url.cors.allow_origins, []) :
        origin == "*" || (can(regex("^[a-z][a-z0-9+.-]*://[^/*?#[:space:]]+$", origin)) && length(origin) <= 253)
      ])
    )
    error_message = <<-EOT
      function_url.cors.allow_origins is ${jsonencode(try(var.function_url.cors.allow_origins, null))}; give 1 to 100
      origins, each a scheme, a host and perhaps a port, such as
      "https://www.example.com" or "http://localhost:3000", without a path or a
      slash at the end, and with at most 253 characters. "*" alone stands for every
      origin; Lambda has no other wildcards.
    EOT
  }

  validation {
    condition = var.function_url == null ? true : var.function_url.cors == null ? true : (
      contains(range(1, 101), length(var.function_url.cors.allow_headers)) && alltrue([
        for header in var.function_url.cors.allow_headers :
        can(regex("^(\\*|[A-Za-z0-9!#$%&'*+.^_`|~-]+)$", header)) && length(header) <= 1024
      ])
    )
    error_message = <<-EOT
      function_url.cors.allow_headers is ${jsonencode(try(var.function_url.cors.allow_headers, null))}; give 1 to 100
      names of headers, each with at most 1024 characters, or leave it out for those
      of signed requests.
    EOT
  }

  validation {
    condition = var.function_url == null ? true : var.function_url.cors == null ? true : (
      var.function_url.cors.max_age_seconds >= 0 && var.function_url.cors.max_age_seconds <= 86400 &&
      floor(var.function_url.cors.max_age_seconds) == var.function_url.cors.max_age_seconds
    )
    error_message = <<-EOT
      function_url.cors.max_age_seconds is ${try(var.function_url.cors.max_age_seconds, "unset")}; give a whole number
      of seconds from 0 to 86400 (a day), Lambda's limit.
    EOT
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a symmetric KMS key for bucket, log group and queues; null uses AWS-managed encryption."
  default     = null
  nullable    = true

  validation {
    condition = var.kms_key_arn == null ? true : (
      can(regex("^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    )
    error_message = <<-EOT
      kms_key_arn is ${jsonencode(var.kms_key_arn)}; give the ARN of a key, such as
      arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab.
      A key id or an alias is not enough, because the role's policy has to name
      the key itself.
    EOT
  }
}

variable "log_retention_days" {
  type        = number
  description = "How many days CloudWatch keeps the function's log records."
  default     = 90
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = <<-EOT
      log_retention_days is ${var.log_retention_days}; CloudWatch accepts 1, 3, 5, 7, 14, 30, 60, 90,
      120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and
      3653. The module refuses to keep records forever (0), because laws on
      biometric data require a limit.
    EOT
  }
}

# A threshold that is null is not set, so that the thresholds of queues can be refused without on_upload. The defaults
# are in alarms.tf.
variable "monitoring" {
  type = object({
    alarms = optional(object({
      sns_topic_arns = list(string)
      disabled       = optional(set(string), [])
      thresholds = optional(object({
        duration_percent      = optional(number)
        errors                = optional(number)
        failed_uploads        = optional(number)
        no_face_comparisons   = optional(number)
        no_face_percent       = optional(number)
        no_reference          = optional(number)
        oldest_upload_seconds = optional(number)
        rate_percent          = optional(number)
        refused_access        = optional(number)
        throttled_comparisons = optional(number)
        throttled_invocations = optional(number)
        unavailable           = optional(number)
      }), {})
    }))
    dashboard     = optional(bool, false)
    saved_queries = optional(bool, false)
  })
  description = <<-EOT
    CloudWatch alarms (null: no alarms), dashboard and saved queries.
    - `alarms.sns_topic_arns`: topics that are notified when an alarm goes off and when it returns to OK.
    - `alarms.disabled`: alarms to leave out: `duration`, `errors`, `failed_uploads`, `no_face`, `no_reference`,
      `oldest_upload`, `rate`, `refused_access`, `throttled_comparisons`, `throttled_invocations`, `unavailable`.
    - `alarms.thresholds`: where alarms go off. Defaults: `duration_percent` 80, `errors` 1, `failed_uploads` 1,
      `no_face_comparisons` 20, `no_face_percent` 30, `no_reference` 1, `oldest_upload_seconds` 3600,
      `rate_percent` 90, `refused_access` 1, `throttled_comparisons` 5, `throttled_invocations` 1, `unavailable` 5.
    - `dashboard`: whether there is a dashboard.
    - `saved_queries`: whether CloudWatch Logs Insights gets the saved queries.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition = var.monitoring.alarms == null ? true : (
      contains(range(1, 6), length(coalesce(var.monitoring.alarms.sns_topic_arns, [])))
    )
    error_message = <<-EOT
      monitoring.alarms.sns_topic_arns names ${try(length(var.monitoring.alarms.sns_topic_arns), 0)} topics; give one to
      five. An alarm needs at least one topic, and CloudWatch accepts five. For no
      alarms, leave monitoring.alarms out.
    EOT
  }

  validation {
    condition = var.monitoring.alarms == null ? true : alltrue([
      for arn in coalesce(var.monitoring.alarms.sns_topic_arns, []) :
      can(regex("^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))
    ])
    error_message = <<-EOT
      monitoring.alarms.sns_topic_arns is ${jsonencode(try(var.monitoring.alarms.sns_topic_arns, []))}; give ARNs of SNS
      topics, such as arn:aws:sns:eu-west-1:111122223333:on-call. CloudWatch
      cannot publish to FIFO topics.
    EOT
  }

  validation {
    condition = var.monitoring.alarms == null ? true : alltrue([
      for name in var.monitoring.alarms.disabled : name == null ? false : contains([
        "duration", "errors", "failed_uploads", "no_face", "no_reference", "oldest_upload",
        "rate", "refused_access", "throttled_comparisons", "throttled_invocations", "unavailable",
      ], name)
    ])
    error_message = <<-EOT
      monitoring.alarms.disabled is ${jsonencode(try(var.monitoring.alarms.disabled, []))}, but the alarms are duration,
      errors, failed_uploads, no_face, no_reference, oldest_upload, rate, refused_access,
      throttled_comparisons, throttled_invocations and unavailable.
    EOT
  }

  validation {
    condition = var.monitoring.alarms == null ? true : alltrue([
      for threshold in values(var.monitoring.alarms.thresholds) : threshold == null ? true : threshold > 0
    ])
    error_message = <<-EOT
      Every value of monitoring.alarms.thresholds must be above 0, or its alarm
      would go off at once and stay on. Given:
      ${try(jsonencode({ for name, at in var.monitoring.alarms.thresholds : name => at if at != null }), "")}. To leave
      an alarm out, name it in monitoring.alarms.disabled.
    EOT
  }

  validation {
    # The name of a threshold begins with that of its alarm.
    condition = var.monitoring.alarms == null ? true : alltrue([
      for pair in setproduct(keys(var.monitoring.alarms.thresholds), var.monitoring.alarms.disabled) :
      var.monitoring.alarms.thresholds[pair[0]] == null || !startswith(pair[0], coalesce(pair[1], "-"))
    ])
    error_message = <<-EOT
      monitoring.alarms.thresholds sets
      ${try(jsonencode({ for name, at in var.monitoring.alarms.thresholds : name => at if at != null }), "")}, and
      disabled is ${jsonencode(try(var.monitoring.alarms.disabled, []))}: the threshold of an alarm that does not exist
      has no effect. Leave out one of the two.
    EOT
  }

  validation {
    condition = var.monitoring.alarms == null ? true : alltrue([
      for name in ["duration_percent", "no_face_percent"] :
      coalesce(var.monitoring.alarms.thresholds[name], 0) <= 100
    ])
    error_message = <<-EOT
      monitoring.alarms.thresholds.duration_percent is
      ${coalesce(try(var.monitoring.alarms.thresholds.duration_percent, null), "unset")} and no_face_percent is
      ${coalesce(try(var.monitoring.alarms.thresholds.no_face_percent, null), "unset")}; give at most 100. Neither an
      invocation's share of its timeout nor a share of comparisons is ever more,
      so the alarm would never go off.
    EOT
  }
}

variable "name" {
  type        = string
  description = "Name of the function and prefix of all other names: 3 to 35 characters of a-z, 0-9 and -."
  nullable    = false

  validation {
    # 35 + "-" + 12 digits + "-" + the longest region (14) = 63, the limit of a bucket's name.
    condition     = can(regex("^[a-z][a-z0-9-]{1,33}[a-z0-9]$", var.name))
    error_message = <<-EOT
      name is "${var.name}" (${length(var.name)} characters); give 3 to 35 lowercase letters,
      digits and hyphens. It must begin with a letter and must not end in a
      hyphen, or the bucket "<name>-<account>-<region>" would break S3's rules.
    EOT
  }

  validation {
    condition     = !anytrue([for beginning in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(var.name, beginning)])
    error_message = <<-EOT
      name is "${var.name}", but S3 reserves bucket names that begin with xn--,
      sthree- or amzn-s3-demo-. Give another beginning.
    EOT
  }
}

variable "network" {
  type = object({
    security_group_ids = list(string)
    subnet_ids         = list(string)
  })
  description = "Subnets and security groups of a VPC for the function; null leaves it in Lambda's own network."
  default     = null
  nullable    = true

  validation {
    condition = var.network == null ? true : (
      contains(range(1, 6), length(coalesce(var.network.security_group_ids, [])))
    )
    error_message = <<-EOT
      network.security_group_ids names ${try(length(var.network.security_group_ids), 0)} security groups; give one to
      five, which Lambda accepts.
    EOT
  }

  validation {
    condition = var.network == null ? true : (
      contains(range(1, 17), length(coalesce(var.network.subnet_ids, [])))
    )
    error_message = <<-EOT
      network.subnet_ids names ${try(length(var.network.subnet_ids), 0)} subnets; give one to sixteen,
      which Lambda accepts. Use two subnets in different zones.
    EOT
  }

  validation {
    condition = var.network == null ? true : alltrue(concat(
      [for id in coalesce(var.network.security_group_ids, []) : can(regex("^sg-[0-9a-f]{8,17}$", id))],
      [for id in coalesce(var.network.subnet_ids, []) : can(regex("^subnet-[0-9a-f]{8,17}$", id))],
    ))
    error_message = <<-EOT
      network is ${jsonencode(var.network)}; give ids, such as sg-0123456789abcdef0 and
      subnet-0123456789abcdef0, not names or ARNs, and check whether the two lists
      are swapped.
    EOT
  }
}

variable "on_upload" {
  type = object({
    max_attempts           = optional(number, 5)
    reference_wait_minutes = optional(number, 5)
    references_per_subject = optional(number, 1)
    sender_arns            = optional(list(string), [])
  })
  description = <<-EOT
    Compares each uploaded image with the references of its subject; null switches it off.
    - `max_attempts`: attempts before the message of an image moves to the dead-letter queue. Default: 5.
    - `reference_wait_minutes`: how long an image waits for the first reference of its subject. Default: 5.
    - `references_per_subject`: typical number of references of a subject; sets the batch size. Default: 1.
    - `sender_arns`: SNS topics and EventBridge rules that may send to the queue too. Default: none.
  EOT
  default     = null
  nullable    = true

  validation {
    condition     = var.on_upload == null ? true : contains(range(3, 1001), var.on_upload.max_attempts)
    error_message = <<-EOT
      on_upload.max_attempts is ${try(var.on_upload.max_attempts, "unset")}; give a whole number from 3 to 1000 (the
      most that SQS counts). 5 or more is recommended: with fewer, throttling can
      move good images to the dead-letter queue.
    EOT
  }

  validation {
    # 10 days, for which the queue keeps a message.
    condition = var.on_upload == null ? true : (
      var.on_upload.reference_wait_minutes >= 0 && var.on_upload.reference_wait_minutes <= 14400 &&
      floor(var.on_upload.reference_wait_minutes) == var.on_upload.reference_wait_minutes
    )
    error_message = <<-EOT
      on_upload.reference_wait_minutes is ${try(var.on_upload.reference_wait_minutes, "unset")}; give a whole number of
      minutes from 0 to 14400 (10 days): how long an image waits for the first
      reference of its subject, before its result says that there is none.
    EOT
  }

  validation {
    condition     = var.on_upload == null ? true : contains(range(1, 101), var.on_upload.references_per_subject)
    error_message = <<-EOT
      on_upload.references_per_subject is ${try(var.on_upload.references_per_subject, "unset")}; give a whole number
      from 1 to 100: how many reference images a person typically has.
    EOT
  }

  validation {
    condition = var.on_upload == null ? true : alltrue([
      for arn in coalesce(var.on_upload.sender_arns, []) : anytrue([
        can(regex("^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn)),
        can(regex("^arn:aws(-[a-z]+)*:events:[a-z0-9-]+:[0-9]{12}:rule/([A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+$", arn)),
      ])
    ])
    error_message = <<-EOT
      on_upload.sender_arns is ${jsonencode(try(var.on_upload.sender_arns, []))}; give ARNs of SNS topics (not FIFO) and
      EventBridge rules, such as arn:aws:sns:eu-west-1:111122223333:images and
      arn:aws:events:eu-west-1:111122223333:rule/images. The bucket itself can
      always send.
    EOT
  }
}

variable "region" {
  type        = string
  description = "Region of the stack; null uses the provider's region. It cannot be changed later."
  default     = null
  nullable    = true

  validation {
    condition     = var.region == null ? true : can(regex("^[a-z]+(-[a-z]+)+-[0-9]+$", var.region))
    error_message = <<-EOT
      region is ${jsonencode(var.region)}; give the code of a region, such as "eu-west-1", or leave
      it out to use the provider's region.
    EOT
  }
}

variable "rekognition_tps" {
  type        = number
  description = "CompareFaces quota (calls per second) for bulk work; null uses the region's default quota."
  default     = null
  nullable    = true

  validation {
    condition     = var.rekognition_tps == null ? true : contains(range(1, 1001), var.rekognition_tps)
    error_message = <<-EOT
      rekognition_tps is ${coalesce(var.rekognition_tps, "null")}; give the account's quota for CompareFaces, a
      whole number of calls per second from 1 to 1000, or leave it out for the
      default quota of the region.
    EOT
  }
}

variable "role" {
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  description = <<-EOT
    Settings of the function's execution role.
    - `path`: IAM path of the role. Default: `/`.
    - `permissions_boundary_arn`: ARN of the policy that limits the role. Default: null (no limit).
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@-]+/)*$", var.role.path)) && length(var.role.path) <= 512
    error_message = <<-EOT
      role.path is "${var.role.path}"; it must begin and end with "/", such as
      "/service/", and have at most 512 letters, digits and . _ + = , @ -.
    EOT
  }

  validation {
    condition = var.role.permissions_boundary_arn == null ? true : (
      can(regex("^arn:aws(-[a-z]+)*:iam::([0-9]{12}|aws):policy/.+$", var.role.permissions_boundary_arn))
    )
    error_message = <<-EOT
      role.permissions_boundary_arn is ${jsonencode(var.role.permissions_boundary_arn)}; give the ARN of an IAM policy,
      such as arn:aws:iam::111122223333:policy/boundary.
    EOT
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags for all resources that support them, in addition to the provider's default_tags."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags holds ${length(var.tags)} tags; AWS takes at most 50."
  }

  validation {
    # The rules of IAM and CloudWatch Logs ("Tag" in the IAM API reference). Those of other services are wider.
    condition = alltrue([
      for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) &&
      can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,256}$", coalesce(value, "-"))) && !startswith(lower(key), "aws:")
    ])
    error_message = <<-EOT
      tags is ${jsonencode(var.tags)}; keys must have 1 to 128 characters and not begin with
      "aws:", which AWS reserves, and values at most 256 characters. Both hold
      letters, digits, spaces and _ . : / = + - @ only, because IAM and CloudWatch
      Logs refuse others, such as commas and brackets.
    EOT
  }

  validation {
    # Terraform tells such keys apart, and CreateRole answers "Duplicate tag keys found".
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = <<-EOT
      tags is ${jsonencode(var.tags)}, but to IAM two keys that differ only in
      capitals are the same key. Leave one of them out.
    EOT
  }
}
