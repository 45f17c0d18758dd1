variable "alarms" {
  type = object({
    actions  = list(string)
    disabled = optional(set(string), [])
    thresholds = optional(object({
      duration_percent      = optional(number, 80)
      errors                = optional(number, 1)
      failed_uploads        = optional(number, 1)
      no_face_comparisons   = optional(number, 20)
      no_face_percent       = optional(number, 30)
      oldest_upload_seconds = optional(number, 3600)
      rate_percent          = optional(number, 90)
      refused_access        = optional(number, 1)
      throttled             = optional(number, 5)
      throttles             = optional(number, 1)
      unavailable           = optional(number, 5)
    }), {})
  })
  description = <<-EOT
    CloudWatch alarms; null sets none. docs/operations.md says of each what it means and what to do. An alarm goes off at its threshold or over it.
    - `actions`: ARNs of SNS topics that hear when an alarm goes off and when it is over. They may be unknown until apply.
    - `disabled`: alarms to leave out: `duration`, `errors`, `failed_uploads`, `no_face`, `oldest_upload`, `rate`, `refused_access`, `throttled`, `throttles`, `unavailable`. `failed_uploads` and `oldest_upload` exist only with `on_upload`.
    - `thresholds.duration_percent`: longest invocation, in percent of `function.timeout`, twice within 5 minutes each. Batches of uploads end at 40.
    - `thresholds.errors`: failures in 5 minutes that stay until somebody mends set-up, service or code, crashes and time-outs included. One is a reason to look.
    - `thresholds.failed_uploads`: uploads in the dead-letter queue. Each is a photo without a result.
    - `thresholds.no_face_percent`: share of comparisons in which Rekognition sees no face, within 15 minutes with `no_face_comparisons` or more; fewer say nothing. A camera that fails shows here first.
    - `thresholds.oldest_upload_seconds`: how long an upload has waited. Less than a backlog that you expect takes to be worked off.
    - `thresholds.rate_percent`: calls of the whole account, in percent of `rekognition_tps`, for 15 of 20 minutes. Uploads that wait are compared at 98, so long backlogs set it off; over 100 only others can.
    - `thresholds.refused_access`: denials in 5 minutes. None is normal.
    - `thresholds.throttled`: comparisons in 5 minutes that Rekognition's quota left no room for, after every attempt.
    - `thresholds.throttles`: invocations that Lambda turned away in 5 minutes.
    - `thresholds.unavailable`: comparisons in 5 minutes that got no answer or no time, after every attempt. A few pass by themselves.
  EOT
  default     = null
  nullable    = true

  validation {
    condition     = var.alarms == null ? true : length(var.alarms.actions) >= 1 && length(var.alarms.actions) <= 5
    error_message = "alarms.actions must name one to five SNS topics: an alarm that tells nobody is none, and CloudWatch takes five."
  }

  validation {
    condition     = var.alarms == null ? true : alltrue([for arn in var.alarms.actions : can(regex("^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))])
    error_message = "alarms.actions must hold ARNs of SNS topics, such as arn:aws:sns:eu-west-1:111122223333:on-call (a FIFO topic does not do: CloudWatch cannot publish to it)."
  }

  validation {
    condition     = var.alarms == null ? true : alltrue([for name in var.alarms.disabled : contains(["duration", "errors", "failed_uploads", "no_face", "oldest_upload", "rate", "refused_access", "throttled", "throttles", "unavailable"], name)])
    error_message = "alarms.disabled names an alarm that does not exist; it may hold duration, errors, failed_uploads, no_face, oldest_upload, rate, refused_access, throttled, throttles and unavailable."
  }

  validation {
    condition     = var.alarms == null ? true : alltrue([for threshold in values(var.alarms.thresholds) : threshold > 0])
    error_message = "Every value of alarms.thresholds must be over 0, or its alarm would go off at once and stay. Wrong now: ${try(join(", ", [for name, threshold in var.alarms.thresholds : "${name} = ${threshold}" if threshold <= 0]), "")}. To leave an alarm out, name it in alarms.disabled."
  }

  validation {
    condition     = var.alarms == null ? true : var.alarms.thresholds.duration_percent <= 100 && var.alarms.thresholds.no_face_percent <= 100
    error_message = "alarms.thresholds.duration_percent and no_face_percent are percentages, at most 100: neither an invocation's share of its timeout nor a share of comparisons is ever more."
  }
}

variable "bucket" {
  type = object({
    force_destroy = optional(bool, false)
  })
  description = <<-EOT
    Settings of the module's own bucket; without effect when `existing_bucket` is given.
    - `force_destroy`: let `destroy` delete the bucket with all photos and versions in it.
  EOT
  default     = {}
  nullable    = false
}

variable "comparison" {
  type = object({
    concurrency          = optional(number, 5)
    require_single_face  = optional(bool, false)
    review_threshold     = optional(number)
    similarity_threshold = optional(number, 80)
  })
  description = <<-EOT
    How the function compares and decides. An event may make the rule stricter, never weaker.
    - `concurrency`: how many comparisons one invocation runs at once, 1 to 50, when an event lists several photos. The default fits the lowest rate quota of Rekognition that is known, 5 a second.
    - `require_single_face`: refuse a photo with several faces. It costs a DetectFaces call for each source.
    - `review_threshold`: lowest similarity that is decided `review` in place of `no_match`, below `similarity_threshold`; null leaves no such band.
    - `similarity_threshold`: lowest similarity that counts as a match, on the scale 0 to 100. AWS advises 99 and a human's review where rights are touched.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = var.comparison.concurrency >= 1 && var.comparison.concurrency <= 50 && floor(var.comparison.concurrency) == var.comparison.concurrency
    error_message = "comparison.concurrency is ${var.comparison.concurrency}; give a whole number from 1 to 50. More than the account's rate quota a second only brings throttling."
  }

  validation {
    condition = alltrue([
      for threshold in [var.comparison.similarity_threshold, var.comparison.review_threshold] :
      threshold == null ? true : threshold >= 0 && threshold <= 100
    ])
    error_message = "comparison.similarity_threshold is ${var.comparison.similarity_threshold} and comparison.review_threshold is ${coalesce(var.comparison.review_threshold, "unset")}, but the scale is 0 to 100. 80 is the default of the former; 99 suits decisions that touch a person's rights."
  }

  validation {
    condition     = !(var.comparison.similarity_threshold > 0 && var.comparison.similarity_threshold <= 1)
    error_message = "comparison.similarity_threshold is ${var.comparison.similarity_threshold}, but the scale is 0 to 100, not 0 to 1: nearly every pair of faces would match. Did you mean ${var.comparison.similarity_threshold * 100}?"
  }

  validation {
    condition     = var.comparison.review_threshold == null ? true : !(var.comparison.review_threshold > 0 && var.comparison.review_threshold <= 1)
    error_message = "comparison.review_threshold is ${coalesce(var.comparison.review_threshold, 0)}, but the scale is 0 to 100, not 0 to 1. Did you mean ${coalesce(var.comparison.review_threshold, 0) * 100}?"
  }

  validation {
    condition     = var.comparison.review_threshold == null ? true : var.comparison.review_threshold < var.comparison.similarity_threshold
    error_message = "comparison.review_threshold must be below comparison.similarity_threshold (${var.comparison.similarity_threshold}), or nothing would ever be decided \"review\". Lower it, or leave it out."
  }
}

variable "dashboard" {
  type        = bool
  description = "Whether a CloudWatch dashboard `<name>-<region>` shows decisions, similarity, failures, durations, the rate against the quota and, with `on_upload`, the queues."
  default     = false
  nullable    = false
}

variable "existing_bucket" {
  type = object({
    name = string
  })
  description = <<-EOT
    A bucket that exists already and holds the photos, in the provider's region. The module then creates no bucket and changes nothing of this one: encryption, access, versioning and expiry are its owner's.
    - `name`: name of the bucket, not its ARN. It may be unknown until apply.
  EOT
  default     = null
  nullable    = true

  validation {
    condition     = var.existing_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.existing_bucket.name))
    error_message = "existing_bucket.name must be the name of a general purpose S3 bucket (3 to 63 lowercase letters, digits, dots and hyphens), not an ARN, a URL or an access point."
  }
}

variable "expiry_days" {
  type = object({
    challenge         = optional(number, 30)
    incomplete_upload = optional(number, 1)
    manifests         = optional(number, 30)
    noncurrent        = optional(number, 30)
    reference         = optional(number)
    results           = optional(number, 90)
  })
  description = <<-EOT
    After how many days S3 removes what is in the module's own bucket; without effect when `existing_bucket` is given.
    - `challenge`: challenge photos.
    - `incomplete_upload`: parts of uploads that were never finished.
    - `manifests`: lists of pairs.
    - `noncurrent`: versions that were overwritten, deleted or expired. Only then is a photo gone: a challenge photo lives `challenge` + `noncurrent` days.
    - `reference`: reference photos; null keeps them until somebody deletes them.
    - `results`: results.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for days in values(var.expiry_days) : days == null ? true : days >= 1 && floor(days) == days])
    error_message = "Every value of expiry_days must be a whole number of days, 1 or more. Wrong now: ${join(", ", [for name, days in var.expiry_days : "${name} = ${days}" if days == null ? false : days < 1 || floor(days) != days])}."
  }
}

variable "function" {
  type = object({
    architecture         = optional(string, "arm64")
    memory_size          = optional(number, 512)
    reserved_concurrency = optional(number)
    runtime              = optional(string, "python3.13")
    timeout              = optional(number, 30)
  })
  description = <<-EOT
    Settings of the Lambda function.
    - `architecture`: `arm64` or `x86_64`; the payload runs on both.
    - `memory_size`: MB, 128 to 10240. CPU grows with it.
    - `reserved_concurrency`: how many instances may run at once, taken out of the account's pool; null shares the pool.
    - `runtime`: `python3.12` or later.
    - `timeout`: seconds, 15 to 900. The payload ends its own retries before it.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "function.architecture is \"${var.function.architecture}\"; Lambda knows \"arm64\" and \"x86_64\"."
  }

  validation {
    condition     = var.function.memory_size >= 128 && var.function.memory_size <= 10240 && floor(var.function.memory_size) == var.function.memory_size
    error_message = "function.memory_size is ${var.function.memory_size}; Lambda takes a whole number of MB from 128 to 10240."
  }

  validation {
    condition     = var.function.reserved_concurrency == null ? true : var.function.reserved_concurrency >= 1 && floor(var.function.reserved_concurrency) == var.function.reserved_concurrency
    error_message = "function.reserved_concurrency must be a whole number, 1 or more; 0 would switch the function off. Leave it out to share the account's pool."
  }

  validation {
    condition     = can(regex("^python3\\.(1[2-9]|[2-9][0-9])$", var.function.runtime))
    error_message = "function.runtime is \"${var.function.runtime}\"; the payload needs \"python3.12\" or later, for instance \"python3.13\"."
  }

  validation {
    condition     = var.function.timeout >= 15 && var.function.timeout <= 900 && floor(var.function.timeout) == var.function.timeout
    error_message = "function.timeout is ${var.function.timeout}; give a whole number of seconds from 15 (with less, photos and pairs in bulk find no time for a call and its retry) to 900 (Lambda's limit)."
  }
}

variable "function_url" {
  type        = bool
  description = "Whether the function gets an HTTPS address of its own. It answers signed requests (AWS_IAM) only; there is no other choice. `invoker_policy_json` says what a caller needs."
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of a symmetric KMS key in the provider's region for bucket, log group and queues; null uses the keys of S3, CloudWatch Logs and SQS. Its key policy must let the service `logs.<region>.amazonaws.com` use it, and with `on_upload` let `s3.amazonaws.com` do `kms:GenerateDataKey` and `kms:Decrypt`: else S3 announces no photo. With `existing_bucket` it is the key that bucket is encrypted with. It may be unknown until apply."
  default     = null
  nullable    = true

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab; a key id or an alias does not do, since the role's policy has to name the key itself."
  }
}

variable "logs" {
  type = object({
    retention_days = optional(number, 90)
  })
  description = <<-EOT
    Settings of the log group, which holds the record of every decision.
    - `retention_days`: days CloudWatch keeps a record, one of the values it knows. Keeping for ever (0) is refused: laws on biometric data ask for a limit.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.logs.retention_days
    )
    error_message = "logs.retention_days is ${var.logs.retention_days}; CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653. Keeping for ever (0) is refused on purpose: laws on biometric data ask for a limit."
  }
}

variable "name" {
  type        = string
  description = "Name of the function, and the beginning of every other name: 3 to 35 lowercase letters, digits and hyphens. Bucket: `<name>-<account>-<region>`; role: `<name>-<region>`; log group: `/aws/lambda/<name>`; queues: `<name>-uploads`, `<name>-uploads-failed`."
  nullable    = false

  validation {
    # 35 + "-" + 12 digits + "-" + the longest region (14) = 63, the limit of a bucket's name.
    condition     = can(regex("^[a-z][a-z0-9-]{1,33}[a-z0-9]$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 3 to 35 lowercase letters, digits and hyphens, beginning with a letter and not ending in a hyphen. The bucket \"<name>-<account>-<region>\" would otherwise break S3's rules."
  }

  validation {
    condition     = !anytrue([for beginning in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(var.name, beginning)])
    error_message = "name is \"${var.name}\", but S3 keeps bucket names that begin with xn--, sthree- or amzn-s3-demo- to itself; begin with something else."
  }
}

variable "network" {
  type = object({
    security_group_ids = list(string)
    subnet_ids         = list(string)
  })
  description = <<-EOT
    Puts the function into subnets of a VPC; null leaves it in Lambda's own network. The VPC then has to lead to Rekognition and S3, by endpoints (`examples/private-network`) or a NAT gateway; nothing else is called from there. Before `destroy` with a VPC of another configuration, take the function out of it as that example says. The ids may be unknown until apply.
    - `security_group_ids`: one to five security groups, which let HTTPS out. Nothing needs to come in.
    - `subnet_ids`: one to sixteen private subnets; two in different zones outlive the loss of one.
  EOT
  default     = null
  nullable    = true

  validation {
    condition     = var.network == null ? true : length(var.network.security_group_ids) >= 1 && length(var.network.security_group_ids) <= 5
    error_message = "network.security_group_ids must name one to five security groups, which is what Lambda takes."
  }

  validation {
    condition     = var.network == null ? true : length(var.network.subnet_ids) >= 1 && length(var.network.subnet_ids) <= 16
    error_message = "network.subnet_ids must name one to sixteen subnets, which is what Lambda takes; give two in different zones."
  }

  validation {
    condition = var.network == null ? true : alltrue(concat(
      [for id in var.network.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))],
      [for id in var.network.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))],
    ))
    error_message = "network holds ids, such as subnet-0123456789abcdef0 and sg-0123456789abcdef0, not names or ARNs; see whether the two lists were swapped."
  }
}

variable "on_upload" {
  type = object({
    max_receives = optional(number, 5)
    references   = optional(number, 1)
  })
  description = <<-EOT
    Compares every photo that is put below `<challenge><subject>/` with all photos below `<reference><subject>/`, and writes one result below `<results><subject>/`; null leaves that out, `{}` is enough. With `existing_bucket` its owner wires what `upload_notification` says.
    - `max_receives`: how often an upload is tried, 3 to 1000, before it goes to the dead-letter queue. What is wrong with the photo is a result and not tried again; passing faults and faults of the set-up are.
    - `references`: how many reference photos a person has as a rule, 1 to 100; each is a call, so it sizes the batches, so that all photos of a batch are done in time. More are compared as well, but photos that find no time left come again, each time counting as a try.
  EOT
  default     = null
  nullable    = true

  validation {
    condition     = var.on_upload == null ? true : var.on_upload.max_receives >= 3 && var.on_upload.max_receives <= 1000 && floor(var.on_upload.max_receives) == var.on_upload.max_receives
    error_message = "on_upload.max_receives is ${try(var.on_upload.max_receives, "unset")}; give a whole number from 3 to 1000 (the most that SQS counts). Fewer than 5 gives up on uploads that a busy minute threw back."
  }

  validation {
    condition     = var.on_upload == null ? true : var.on_upload.references >= 1 && var.on_upload.references <= 100 && floor(var.on_upload.references) == var.on_upload.references
    error_message = "on_upload.references is ${try(var.on_upload.references, "unset")}; give a whole number from 1 to 100, the reference photos that a person has as a rule."
  }
}

variable "prefixes" {
  type = object({
    challenge = optional(string, "challenge/")
    manifests = optional(string, "manifests/")
    reference = optional(string, "reference/")
    results   = optional(string, "results/")
  })
  description = <<-EOT
    Where in the bucket things belong. The function reads photos below `challenge` and `reference` only.
    - `challenge`: photos to be checked; `<challenge><subject>/…` with `on_upload`.
    - `manifests`: lists of pairs for `modules/batch`.
    - `reference`: photos of the known person; `<reference><subject>/…` with `on_upload`.
    - `results`: results, `<results><subject>/<photo>/<version>.json`.
  EOT
  default     = {}
  nullable    = false

  validation {
    # "*", "?" and "$" would be patterns in the role's policy, quotes would break invoke_command, and
    # S3 wants "=" and others encoded in the filter of a notification.
    condition     = alltrue([for prefix in values(var.prefixes) : can(regex("^([A-Za-z0-9_][A-Za-z0-9_.!-]*/)+$", prefix))])
    error_message = "Every value of prefixes must end in \"/\", must not start with \"/\", and may hold letters, digits and _ . ! - between single slashes, such as \"photos/reference/\". Wrong now: ${join(", ", [for name, prefix in var.prefixes : "${name} = \"${prefix}\"" if !can(regex("^([A-Za-z0-9_][A-Za-z0-9_.!-]*/)+$", prefix))])}."
  }

  validation {
    condition = alltrue([
      for pair in setproduct(keys(var.prefixes), keys(var.prefixes)) :
      pair[0] == pair[1] || !startswith(var.prefixes[pair[1]], var.prefixes[pair[0]])
    ])
    error_message = "prefixes must differ, and none may be the beginning of another: what expires below one, or may be read below it, would also be so below the other."
  }
}

variable "rekognition_tps" {
  type        = number
  description = "Calls of CompareFaces a second that the account may make in this region (Service Quotas, \"Transactions per second per account for the Amazon Rekognition Image operation CompareFaces\"), 1 to 1000. Uploads and `modules/batch` run at 98 % of it; the output `rate` shows what follows. The default is the lowest quota that is known. What others in the account call has to be taken off."
  default     = 5
  nullable    = false

  validation {
    condition     = var.rekognition_tps >= 1 && var.rekognition_tps <= 1000 && floor(var.rekognition_tps) == var.rekognition_tps
    error_message = "rekognition_tps is ${var.rekognition_tps}; give the account's quota for CompareFaces, a whole number of calls a second from 1 to 1000."
  }
}

variable "role" {
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  description = <<-EOT
    Settings of the function's execution role.
    - `path`: IAM path, beginning and ending with `/`.
    - `permissions_boundary_arn`: ARN of the policy that bounds the role; null sets none.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@-]+/)*$", var.role.path)) && length(var.role.path) <= 512
    error_message = "role.path is \"${var.role.path}\"; it must begin and end with \"/\", such as \"/service/\", and have at most 512 letters, digits and . _ + = , @ -."
  }

  validation {
    condition     = var.role.permissions_boundary_arn == null ? true : can(regex("^arn:aws(-[a-z]+)*:iam::([0-9]{12}|aws):policy/.+$", var.role.permissions_boundary_arn))
    error_message = "role.permissions_boundary_arn must be the ARN of an IAM policy, such as arn:aws:iam::111122223333:policy/boundary."
  }
}

variable "saved_queries" {
  type        = bool
  description = "Whether CloudWatch Logs Insights gets saved queries, in a folder named after the function: one request's trail, all decisions on one photo, access errors, failures, near misses."
  default     = false
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource that takes them, beside the provider's default_tags."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && length(coalesce(value, " ")) <= 256 && !startswith(lower(key), "aws:")])
    error_message = "tags may be at most 50, keys of 1 to 128 characters that do not begin with \"aws:\", values of at most 256 characters."
  }
}
