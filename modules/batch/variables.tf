variable "alarm" {
  type = object({
    sns_topic_arns = list(string)
  })
  description = "SNS topics that are notified when a run fails, times out or is stopped; null: no alarm."
  default     = null
  nullable    = true

  validation {
    condition     = var.alarm == null ? true : contains(range(1, 6), length(coalesce(var.alarm.sns_topic_arns, [])))
    error_message = <<-EOT
      alarm.sns_topic_arns names ${try(length(var.alarm.sns_topic_arns), 0)} topics; give one to five. An alarm needs
      at least one topic, and CloudWatch accepts five. For no alarm, leave alarm out.
    EOT
  }

  validation {
    condition = var.alarm == null ? true : alltrue([
      for arn in coalesce(var.alarm.sns_topic_arns, []) :
      can(regex("^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))
    ])
    error_message = <<-EOT
      alarm.sns_topic_arns is ${jsonencode(try(var.alarm.sns_topic_arns, []))}; give ARNs of SNS topics, such as
      arn:aws:sns:eu-west-1:111122223333:on-call. CloudWatch cannot publish to
      FIFO topics.
    EOT
  }
}

variable "face_compare" {
  type = object({
    bucket_name   = string
    function_arn  = string
    function_name = string
    kms_key_arn   = optional(string)
    origin = object({
      account_id = string
      dns_suffix = string
      partition  = string
      region     = string
    })
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
    region    = optional(string)
    role_name = string
  })
  description = "The root module as a whole: face_compare = module.face_compare."
  nullable    = false
}

variable "log_level" {
  type        = string
  description = "What the state machine logs: ALL, ERROR or FATAL. Its log never has keys or decisions."
  default     = "ERROR"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL"], var.log_level)
    error_message = "log_level is \"${var.log_level}\"; give \"ALL\", \"ERROR\" or \"FATAL\"."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How many days CloudWatch keeps the state machine's log."
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
      3653. The module does not keep logs forever (0).
    EOT
  }
}

variable "max_concurrency" {
  type        = number
  description = "Batches that run at once, at most rate.instances; null uses rate.instances, the whole quota."
  default     = null
  nullable    = true

  validation {
    # 0 would mean no limit to Step Functions: 10,000 batches at once.
    condition     = var.max_concurrency == null ? true : contains(range(1, 1001), var.max_concurrency)
    error_message = <<-EOT
      max_concurrency is ${coalesce(var.max_concurrency, "null")}; give a whole number from 1 to rate.instances of
      the root module, or leave it out for the full rate of the quota.
    EOT
  }
}

variable "name" {
  type        = string
  description = "Name of the state machine and prefix of its role's name; null uses `<function>-batch`."
  default     = null
  nullable    = true

  validation {
    # 49 + "-" + the longest region (14) = 64, the limit of a role's name.
    condition     = var.name == null ? true : can(regex("^[A-Za-z0-9_-]{1,49}$", var.name))
    error_message = "name is ${jsonencode(var.name)}; give 1 to 49 letters, digits, hyphens and underscores."
  }
}

variable "role" {
  type = object({
    path                     = optional(string, "/")
    permissions_boundary_arn = optional(string)
  })
  description = "Settings of the state machine's role."
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

variable "sources_per_pair" {
  type        = number
  description = "Typical number of source images per pair, 1 to 10. Each costs one call, so this sets the batch size."
  default     = 1
  nullable    = false

  validation {
    condition     = contains(range(1, 11), var.sources_per_pair)
    error_message = <<-EOT
      sources_per_pair is ${var.sources_per_pair}; give a whole number from 1 to 10: how many
      source images a pair typically has (the function takes 10).
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

variable "tolerated_failure_percentage" {
  type        = number
  description = "Percentage of batches that may fail before the run fails, 0 to 100."
  default     = 5
  nullable    = false

  validation {
    condition     = var.tolerated_failure_percentage >= 0 && var.tolerated_failure_percentage <= 100
    error_message = "tolerated_failure_percentage is ${var.tolerated_failure_percentage}; give a number from 0 to 100."
  }
}
