#include "engine/registry/bulk_commands.h"

#include <cstddef>
#include <istream>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chainkeep/status.h"
#include "engine/registry/import_rules.h"
#include "engine/registry/line_reader.h"
#include "engine/registry/row_json.h"
#include "engine/store/registry_store.h"
#include "engine/store/registry_view.h"

namespace chainkeep::registry {
namespace {

using store::RegistryView;

constexpr size_t kBatchLines = 10'000;
constexpr size_t kBatchBytes = size_t{64} << 20;
constexpr size_t kMaxRefusals = 1'000;
constexpr LineReader::Limits kLimits = {.line = size_t{1} << 20,
                                        .prefix = R"({"type":"crl")",
                                        .long_line = size_t{96} << 20};

struct Line {
  int64_t number = 0;
  absl::StatusOr<ImportRecord> record;
};

// Batch is some lines, and what became of them.
class Batch {
 public:
  bool empty() const { return lines_.empty(); }
  bool full() const {
    return lines_.size() >= kBatchLines || bytes_ >= kBatchBytes;
  }

  void Add(int64_t number, size_t bytes, absl::StatusOr<ImportRecord> record) {
    bytes_ += bytes;
    lines_.push_back({number, std::move(record)});
  }

  // Commits it, adds to `report` what was done, and begins a new one.
  absl::Status Commit(const CommandContext& context, ImportReport& report) {
    std::vector<Outcome> outcomes;
    const absl::Status status = context.Transact([&](store::Transaction& t) {
      for (const Line& line : lines_) {
        outcomes.push_back(line.record.ok() ? line.record->apply(t)
                                            : line.record.status());
      }
      return absl::OkStatus();
    });
    if (!status.ok()) {
      return MakeError(ErrorCodeOf(status),
                       absl::StrCat("lines ", lines_.front().number, " to ",
                                    lines_.back().number,
                                    " were not imported: ", status.message()));
    }
    Report(outcomes, report);
    const absl::Status followed = context.Follow();
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (outcomes[i].ok() && *outcomes[i] == Effect::kChanged) {
        context.Tell(lines_[i].record->audit);
      }
    }
    lines_.clear();
    bytes_ = 0;
    return followed;
  }

 private:
  void Report(const std::vector<Outcome>& outcomes,
              ImportReport& report) const {
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].ok()) {
        ++(*outcomes[i] == Effect::kChanged ? report.imported
                                            : report.unchanged);
        continue;
      }
      ++report.refused;
      if (report.refusals.size() < kMaxRefusals) {
        report.refusals.push_back({lines_[i].number, outcomes[i].status()});
      }
    }
  }

  std::vector<Line> lines_;
  size_t bytes_ = 0;
};

// Writes rows as they come, and ends the walk when the stream fails.
class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  absl::Status Write(const std::string& line) {
    out_.write(line.data(), static_cast<std::streamsize>(line.size()));
    return Check();
  }
  absl::Status Check() const {
    if (out_.good()) return absl::OkStatus();
    return MakeError(ErrorCode::kServiceUnavailable,
                     "the output cannot be written");
  }

 private:
  std::ostream& out_;
};

}  // namespace

absl::Status Import(const CommandContext& context, std::istream& lines,
                    ImportReport& report) {
  LineReader reader(lines, kLimits);
  ImportRules rules(context);
  Batch batch;
  std::string line;
  for (;;) {
    const LineReader::Step step = reader.Next(line);
    if (step == LineReader::Step::kTooLong) {
      batch.Add(reader.number(), 0,
                MakeError(ErrorCode::kInvalidRequest, "the line is too long"));
    } else if (step == LineReader::Step::kLine) {
      if (absl::StripAsciiWhitespace(line).empty()) continue;
      batch.Add(reader.number(), line.size(), rules.Read(line));
    }
    const bool ended =
        step == LineReader::Step::kEnd || step == LineReader::Step::kFailed;
    if (batch.full() || (ended && !batch.empty())) {
      const absl::Status status = batch.Commit(context, report);
      if (!status.ok()) return status;
    }
    if (step == LineReader::Step::kFailed) {
      return MakeError(ErrorCode::kServiceUnavailable,
                       absl::StrCat("the input cannot be read after line ",
                                    reader.number()));
    }
    if (ended) return absl::OkStatus();
  }
}

absl::Status Export(const CommandContext& context, std::ostream& lines) {
  Writer writer(lines);
  const auto write = [&](const auto& row) {
    return writer.Write(ToJsonLine(row));
  };
  // What others name comes before them: templates before CAs.
  const absl::Status status = context.Read([&](const RegistryView& view) {
    absl::Status walk = view.ForEachCode(write);
    if (walk.ok()) walk = view.ForEachTemplate(write);
    if (walk.ok()) walk = view.ForEachCa(write);
    if (walk.ok()) walk = view.ForEachDevice(write);
    if (walk.ok()) walk = view.ForEachEndpoint(write);
    if (walk.ok()) {
      walk = view.ForEachCrls([&](const store::CrlRow& row) {
        for (const std::string& crl : row.crls) {
          absl::Status status = writer.Write(ToJsonLine(row, crl));
          if (!status.ok()) return status;
        }
        return absl::OkStatus();
      });
    }
    return walk;
  });
  if (!status.ok()) return status;
  lines.flush();
  return writer.Check();
}

absl::StatusOr<RegistryStats> GetRegistryStats(const CommandContext& context) {
  RegistryStats stats;
  const absl::Status status = context.Read([&](const RegistryView& view) {
    const store::RowCounts counts = view.CountRows();
    stats = {.ca_registrations = counts.cas,
             .device_certificates = counts.devices,
             .endpoints = counts.endpoints,
             .provisioning_templates = counts.templates,
             .crl_sets = counts.crl_sets,
             .revision = view.revision()};
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return stats;
}

}  // namespace chainkeep::registry
