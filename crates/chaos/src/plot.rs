//! Figures over time, as an SVG.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 24.0;

pub(crate) struct Series {
    pub(crate) title: &'static str,
    /// Minutes, and what was seen.
    pub(crate) points: Vec<(f64, f64)>,
}

/// One below the other, each from 0 to its largest figure, over the same minutes.
pub(crate) fn svg(series: &[Series]) -> String {
    let largest = |pick: fn(&(f64, f64)) -> f64, series: &[Series]| {
        let points = series.iter().flat_map(|series| &series.points);
        points.map(pick).fold(f64::MIN_POSITIVE, f64::max)
    };
    let minutes = largest(|point| point.0, series);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        HEIGHT * series.len() as f64
    );
    for (index, one) in series.iter().enumerate() {
        let top = HEIGHT * index as f64 + TOP;
        let height = HEIGHT - TOP - BOTTOM;
        let (right, bottom) = (WIDTH - 16.0, top + height);
        let most = largest(|point| point.1, std::slice::from_ref(one));
        let mut line = String::new();
        for (minute, figure) in &one.points {
            let x = LEFT + minute / minutes * (right - LEFT);
            // To a string, writing cannot fail.
            let _ = write!(line, "{x:.1},{:.1} ", bottom - figure / most * height);
        }
        let _ = write!(
            svg,
            "<text x=\"{LEFT}\" y=\"{:.0}\">{}</text>\n\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{most:.1}</text>\n\
             <text x=\"{:.0}\" y=\"{bottom:.0}\" text-anchor=\"end\">0</text>\n\
             <text x=\"{right:.0}\" y=\"{:.0}\" text-anchor=\"end\">{minutes:.0} min</text>\n\
             <path d=\"M{LEFT},{top:.0} V{bottom:.0} H{right:.0}\" fill=\"none\" stroke=\"#888\"/>\n\
             <polyline points=\"{}\" fill=\"none\" stroke=\"#0a6\" stroke-width=\"1.5\"/>\n",
            top - 8.0,
            one.title,
            LEFT - 6.0,
            top + 4.0,
            LEFT - 6.0,
            bottom + 16.0,
            line.trim_end(),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_figure_touches_the_top_and_nothing_leaves_the_frame() {
        let points = vec![(0.0, 0.0), (5.0, 10.0), (10.0, 5.0)];
        let svg = svg(&[Series {
            title: "figures",
            points,
        }]);
        assert!(svg.contains("points=\"48.0,126.0 376.0,28.0 704.0,77.0\""), "{svg}");
    }
}
