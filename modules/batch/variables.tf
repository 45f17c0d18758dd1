variable "alarms" {
  type = object({
    actions = list(string)
  })
  description = <<-EOT
    A CloudWatch alarm `<name>-failed` on runs that fail, time out or are stopped; null sets none.
    - `actions`: ARNs of SNS topics that hear when it goes off and when it is over. They may be unknown until apply.
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
}

variable "face_compare" {
  type = object({
    bucket_name   = string
    function_arn  = string
    function_name = string
    kms_key_arn   = optional(string)
    prefixes = object({
      manifests = string
      results   = string
    })
    rate = object({
      calls_per_batch      = number
      calls_per_second     = number
      function_timeout     = number
      instances            = number
      pairs_per_batch      = number
      rekognition_tps      = number
      reserved_concurrency = optional(number)
    })
    role_name = string
  })
  description = "The module terraform-aws-face-compare itself, as it stands in your configuration: `module.face_compare`. What is needed of its outputs is taken from there."
  nullable    = false
}

variable "logs" {
  type = object({
    level          = optional(string, "ERROR")
    retention_days = optional(number, 90)
  })
  description = <<-EOT
    Settings of the state machine's log group. It names states and errors; keys and decisions are in the function's log group alone.
    - `level`: `ALL`, `ERROR` or `FATAL`. With `ALL` each batch logs some ten records.
    - `retention_days`: days CloudWatch keeps a record, one of the values it knows.
  EOT
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL"], var.logs.level)
    error_message = "logs.level is \"${var.logs.level}\"; give \"ALL\", \"ERROR\" or \"FATAL\"."
  }

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.logs.retention_days
    )
    error_message = "logs.retention_days is ${var.logs.retention_days}; CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653. Keeping for ever (0) is refused on purpose: laws on biometric data ask for a limit."
  }
}

variable "max_concurrency" {
  type        = number
  description = "How many batches run at once, `rate.instances` at most. Null takes that many, which use the whole quota. Where uploads arrive meanwhile, both together would exceed it: give a part."
  default     = null
  nullable    = true

  validation {
    # 0 would mean no limit to Step Functions: 10,000 batches at once.
    condition     = var.max_concurrency == null ? true : var.max_concurrency >= 1 && var.max_concurrency <= 1000 && floor(var.max_concurrency) == var.max_concurrency
    error_message = "max_concurrency is ${coalesce(var.max_concurrency, 0)}; give a whole number from 1 to 1000, or leave it out for the quota's full rate."
  }
}

variable "name" {
  type        = string
  description = "Name of the state machine, and the beginning of its role's: 1 to 49 letters, digits, hyphens and underscores. Null: `<function>-batch`."
  default     = null
  nullable    = true

  validation {
    # 49 + "-" + the longest region (14) = 64, the limit of a role's name.
    condition     = var.name == null ? true : can(regex("^[A-Za-z0-9_-]{1,49}$", var.name))
    error_message = "name is \"${coalesce(var.name, "unset")}\"; give 1 to 49 letters, digits, hyphens and underscores."
  }
}

variable "role" {
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  description = <<-EOT
    Settings of the state machine's role.
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

variable "sources" {
  type        = number
  description = "How many source photos a pair has as a rule, 1 to 10; each is a call, so it sizes the batches, so that all pairs of a batch are done in time. Lines with more are compared as well, but what finds no time left comes again, each time counting as a try. CSV has one a line, hence the default."
  default     = 1
  nullable    = false

  validation {
    condition     = var.sources >= 1 && var.sources <= 10 && floor(var.sources) == var.sources
    error_message = "sources is ${var.sources}; give a whole number from 1 to 10, the source photos that a pair has as a rule (the function takes 10)."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource that takes them, beside the provider's default_tags."
  default     = {}
  nullable    = false
}

variable "tolerated_failure_percentage" {
  type        = number
  description = "Up to what share of the pairs, 0 to 100, may be left in failed batches without the run failing and stopping. A pair that cannot be decided (no face, no such photo) is a line with its error and no failure; a batch fails after all its retries, or when none of its pairs could be decided. With 0 the first one stops the run, which a redrive takes up again."
  default     = 5
  nullable    = false

  validation {
    condition     = var.tolerated_failure_percentage >= 0 && var.tolerated_failure_percentage <= 100
    error_message = "tolerated_failure_percentage is ${var.tolerated_failure_percentage}; give a number from 0 to 100."
  }
}
