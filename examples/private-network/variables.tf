variable "availability_zones" {
  type        = list(string)
  description = "Zones of the region that get a subnet each. By name, so that a new zone of AWS does not move subnets."
  default     = ["eu-west-1a", "eu-west-1b"]
  nullable    = false

  validation {
    condition = contains(range(1, 17), length(var.availability_zones)) && alltrue([
      for zone in var.availability_zones : can(regex("^[a-z0-9-]+[0-9][a-z]$", zone))
    ])
    error_message = <<-EOT
      availability_zones is ${jsonencode(var.availability_zones)}; name one to sixteen zones of the region,
      such as "eu-west-1a".
    EOT
  }
}

variable "cidr_block" {
  type        = string
  description = "Addresses of the VPC, a /16 to /24. Each subnet gets a sixteenth of it."
  default     = "10.90.0.0/24"
  nullable    = false

  validation {
    condition = can(cidrsubnet(var.cidr_block, 4, 1)) && contains(
      range(16, 25), try(tonumber(split("/", var.cidr_block)[1]), 0)
    )
    error_message = "cidr_block is \"${var.cidr_block}\"; give an IPv4 range from /16 to /24, such as 10.90.0.0/24."
  }
}

variable "name" {
  type        = string
  description = "Name of the function and prefix of all other names."
  default     = "face-compare"
  nullable    = false
}

variable "region" {
  type        = string
  description = "Region to deploy to. It must have Rekognition."
  default     = "eu-west-1"
  nullable    = false
}
