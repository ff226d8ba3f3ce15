#include "bench/catalog/paired.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace chainkeep::bench {

std::string Spread::Text() const {
  return absl::StrFormat("%.4g (%.4g to %.4g)", median, least, most);
}

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return {.median = (values[(n - 1) / 2] + values[n / 2]) / 2,
          .least = values.front(),
          .most = values.back()};
}

Spread Pairs::Ratio() const {
  std::vector<double> ratios;
  for (size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return SpreadOf(std::move(ratios));
}

}  // namespace chainkeep::bench
